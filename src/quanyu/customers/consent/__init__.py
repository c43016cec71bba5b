"""Whom the brand is related to on each channel, and whom it may address there now."""
