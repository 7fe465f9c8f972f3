# What differs in staging. Addresses of the account come from whoever applies it, as TF_VAR_…: they are not the repository's to know.
environment = "staging"
