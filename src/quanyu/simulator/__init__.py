"""A retailer whose truth is known: its people, its systems' files with all their dirt, and what contact does to it."""
