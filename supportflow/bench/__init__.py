"""How fast the product is, with the data that is there: `supportflow bench`."""
