"""`make bicep`: what is compiled from the templates, and kept beside them."""
