"""Accounts of workspaces with avatar providers."""
