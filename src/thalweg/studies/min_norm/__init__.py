"""Which solution of linear regression each geometry of descent finds, beside the certified least."""
