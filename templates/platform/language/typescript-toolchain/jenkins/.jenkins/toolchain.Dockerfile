# What a stage needs to build this service. The version comes from .node-version; dependency updates move both.
FROM node:24-bookworm@sha256:934240a162082fd8b8a2f90cd5114446443f1eba1c5378f6687167ca405e6584
