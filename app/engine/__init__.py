"""The durable engine. The only package that imports DBOS; reference: ADR 0001."""
