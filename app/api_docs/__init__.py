"""The description of the API, and the page that shows it, complete without a network."""
