"""How fast the product is."""
