output "service_url" {
  description = "Where the service is reached; the platform's name for it points here"
  value       = "https://${aws_lb.service.dns_name}"
}

output "deploy_role_arn" {
  description = "AWS_ROLE_ARN of the deploy job"
  value       = aws_iam_role.deploy.arn
}

output "push_role_arn" {
  description = "AWS_ROLE_ARN of the image job, where the registry is made"
  value       = one(aws_iam_role.push[*].arn)
}

output "registry" {
  description = "REGISTRY of the image job, where the registry is made"
  value       = one([for repository in aws_ecr_repository.service : split("/", repository.repository_url)[0]])
}
