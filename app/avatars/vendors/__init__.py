"""Avatar providers elsewhere, with which a workspace has an account."""
