# What differs in staging. Addresses of the account come from the pipeline as TF_VAR_…: they are not the repository's to know.
environment          = "staging"
reserved_concurrency = 5
