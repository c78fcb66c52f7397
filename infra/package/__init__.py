"""`make package`: the app as a zip that every build makes alike, and its bill of materials."""
