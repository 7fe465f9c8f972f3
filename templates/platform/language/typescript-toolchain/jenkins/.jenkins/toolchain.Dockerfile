# What a stage needs to build this service. The version comes from .node-version; dependency updates move both.
FROM node:24-bookworm@sha256:934240a162082fd8b8a2f90cd5114446443f1eba1c5378f6687167ca405e6584
# For promtool, which tests the alert rules.
RUN apt-get update --quiet=2 \
  && apt-get install --quiet=2 --yes --no-install-recommends prometheus \
  && rm -rf /var/lib/apt/lists/*
