# What a stage needs to build this worker. The version is that of .python-version; dependency updates move both.
FROM python:3.11-bookworm@sha256:a8f8fbe1a0edc9e4dddafa64ba73f7e04be7be5ebc23f332362e779e0a2e4e52
# The broker of tests and local deployments, and promtool.
RUN apt-get update --quiet=2 \
  && apt-get install --quiet=2 --yes --no-install-recommends prometheus redis-server \
  && rm -rf /var/lib/apt/lists/*
