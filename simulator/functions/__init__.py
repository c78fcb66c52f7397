"""The Functions host: the product's functions behind the routes of the real host."""
