"""What customers bought: products and orders."""
