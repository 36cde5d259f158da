"""The Model Context Protocol: the same services, as tools that a language model can call."""
