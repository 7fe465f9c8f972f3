resource "aws_apigatewayv2_api" "service" {
  name          = local.name
  protocol_type = "HTTP"
  # Reached by its own name only, with its own certificate.
  disable_execute_api_endpoint = true
}

resource "aws_apigatewayv2_integration" "live" {
  api_id                 = aws_apigatewayv2_api.service.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_alias.live.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 15000
}

# The same list the function is served with on a machine; what is not in it does not reach the function.
resource "aws_apigatewayv2_route" "service" {
  for_each = toset(jsondecode(file("${path.module}/../../routes.json")))

  api_id    = aws_apigatewayv2_api.service.id
  route_key = each.value
  target    = "integrations/${aws_apigatewayv2_integration.live.id}"
}

resource "aws_cloudwatch_log_group" "gateway" {
  name              = "/gateway/${local.name}"
  retention_in_days = var.environment == "production" ? 90 : 14
  kms_key_id        = aws_kms_key.service.arn
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.service.id
  name        = "$default"
  auto_deploy = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.gateway.arn
    # No query, no headers: they may hold what a log must not.
    format = jsonencode({
      time             = "$context.requestTime"
      requestId        = "$context.requestId"
      sourceIp         = "$context.identity.sourceIp"
      routeKey         = "$context.routeKey"
      status           = "$context.status"
      responseLatency  = "$context.responseLatency"
      integrationError = "$context.integrationErrorMessage"
    })
  }

  # Of all callers together.
  default_route_settings {
    throttling_rate_limit    = 500
    throttling_burst_limit   = 1000
    detailed_metrics_enabled = true
  }
}

resource "aws_apigatewayv2_domain_name" "service" {
  domain_name = var.domain_name

  domain_name_configuration {
    certificate_arn = var.certificate_arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "service" {
  api_id      = aws_apigatewayv2_api.service.id
  domain_name = aws_apigatewayv2_domain_name.service.id
  stage       = aws_apigatewayv2_stage.default.id
}

# This API may call the alias; no other may.
resource "aws_lambda_permission" "gateway" {
  statement_id  = "gateway"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.service.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.service.execution_arn}/*"
}
