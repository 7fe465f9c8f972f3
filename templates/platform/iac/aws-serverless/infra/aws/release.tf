# How a release takes over: ci/deploy-serverless.sh asks for a deployment, and an alarm takes it back.
resource "aws_codedeploy_app" "service" {
  name             = local.name
  compute_platform = "Lambda"
}

resource "aws_codedeploy_deployment_group" "live" {
  app_name               = aws_codedeploy_app.service.name
  deployment_group_name  = "live"
  service_role_arn       = aws_iam_role.release.arn
  deployment_config_name = "CodeDeployDefault.LambdaCanary10Percent5Minutes"

  deployment_style {
    deployment_type   = "BLUE_GREEN"
    deployment_option = "WITH_TRAFFIC_CONTROL"
  }

  auto_rollback_configuration {
    enabled = true
    events  = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]
  }

  alarm_configuration {
    enabled = true
    alarms  = [aws_cloudwatch_metric_alarm.release.alarm_name]
  }
}

data "aws_iam_policy_document" "release_assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["codedeploy.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "release" {
  name               = "${local.name}-release"
  assume_role_policy = data.aws_iam_policy_document.release_assume.json
}

data "aws_iam_policy_document" "release" {
  statement {
    actions   = ["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"]
    resources = [aws_lambda_function.service.arn, "${aws_lambda_function.service.arn}:*"]
  }

  # Looking knows no resource.
  statement {
    actions   = ["cloudwatch:DescribeAlarms"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "release" {
  name   = "release"
  role   = aws_iam_role.release.id
  policy = data.aws_iam_policy_document.release.json
}
