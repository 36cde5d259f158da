"""The `videos` module of 10ex: presenter videos, webinars and clips behind one API."""
