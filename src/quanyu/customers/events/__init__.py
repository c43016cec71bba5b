"""What customers did: visits, views, carts, whatever a source reports."""
