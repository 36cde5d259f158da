"""Webinars: what is asked for, and how that becomes a composition."""
