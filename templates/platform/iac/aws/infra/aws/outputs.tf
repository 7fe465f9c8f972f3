output "service_url" {
  description = "Where the service is reached; the platform's name for it points here"
  value       = "https://${aws_lb.service.dns_name}"
}

output "deploy_role_arn" {
  description = "AWS_ROLE_ARN of the deploy job"
  value       = aws_iam_role.deploy.arn
}
