# What differs in staging. Addresses of the account come from the pipeline as TF_VAR_…: they are not the repository's to know.
environment     = "staging"
min_tasks       = 2
max_tasks       = 2
create_registry = true
