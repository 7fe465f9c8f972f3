variable "environment" {
  type        = string
  description = "staging or production"

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "The environment is staging or production."
  }
}

variable "region" {
  type        = string
  description = "AWS region"
}

variable "service_role_name" {
  type        = string
  description = "Role the service runs as, which is given the right to use this"
}

variable "alarm_topic_arn" {
  type        = string
  description = "Topic that leads to whoever is on call"
}
