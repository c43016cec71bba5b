"""Campaigns: a journey of one step with named arms, planned from power, let out in stages, watched, and followed."""
