output "function_name" {
  description = "The function, and the CodeDeploy application that moves its alias"
  value       = aws_lambda_function.service.function_name
}

output "function_version" {
  description = "Number of the version made of this zip; the alias live goes there in its own time"
  value       = aws_lambda_function.service.version
}

output "domain_target" {
  description = "Where the platform points the function's name"
  value       = aws_apigatewayv2_domain_name.service.domain_name_configuration[0].target_domain_name
}

output "deploy_role_arn" {
  description = "AWS_ROLE_ARN of the deploy job"
  value       = aws_iam_role.deploy.arn
}
