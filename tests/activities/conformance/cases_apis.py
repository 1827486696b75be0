"""HTTP APIs, REST APIs, what they are made of, and their host names."""

from tests.activities.conformance.case import GONE, NAME, Case, of
from tests.activities.conformance.cases_compute import lets

from panka.planner.resource import Properties, text

UNLISTED = {"moto": "It does not list authorizers."}
LOG_FORMAT = '{"path":"$context.path","status":"$context.status"}'
BLUE_LOG = "arn:aws:logs:eu-west-1:123456789012:log-group:/blue"
GREEN_LOG = "arn:aws:logs:eu-west-1:123456789012:log-group:/green"
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:hello"
API = Case("AWS::ApiGatewayV2::Api", {"Name": NAME, "ProtocolType": "HTTP"})
WAY: Properties = {
    "ApiId": of("api", "ApiId"),
    "IntegrationType": "AWS_PROXY",
    "IntegrationUri": FUNCTION_ARN,
    "PayloadFormatVersion": "2.0",
}
TO_FUNCTION = Case("AWS::ApiGatewayV2::Integration", WAY, needs={"api": API}, tagged=False, unique=False)
LIVE = Case(
    "AWS::ApiGatewayV2::Stage", {"ApiId": of("api", "ApiId"), "StageName": "live"}, needs={"api": API}, alone=True
)


def host(certificate: str) -> Properties:
    arn = f"arn:aws:acm:eu-west-1:123456789012:certificate/{certificate}"
    return {"CertificateArn": arn, "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2"}


DOMAIN = Case(
    "AWS::ApiGatewayV2::DomainName",
    {"DomainName": f"{NAME}.shop.example", "DomainNameConfigurations": [host("blue")]},
    updates=({"DomainNameConfigurations": [host("green")], "Tags": {"team": "red"}}, {"Tags": {}}),
    skip={"moto": "It neither updates nor tags host names."},
)
REST_API = Case("AWS::ApiGateway::RestApi", {"Name": NAME}, unique=False)


def document(*paths: str) -> Properties:
    """What a planned REST API is imported from."""
    uri = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{FUNCTION_ARN}/invocations"
    operation = {
        "responses": {"default": {"description": "What the function answers."}},
        "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": uri},
    }
    return {
        "openapi": "3.0.1",
        "info": {"title": "shop", "version": "1"},
        "paths": {path: {"get": operation} for path in paths},
    }


IMPORTED = Case(
    "AWS::ApiGateway::RestApi",
    {"Name": NAME, "Body": document("/orders")},
    unique=False,
    unread=frozenset({"Body"}),
)
UNIMPORTED = {"ministack": "It takes documents only from templates."}
METHODLESS = {"moto": "It deploys no API without methods, as AWS does, and ministack does not import any."}
BREAKS = "It breaks when it is asked for a deployment that is gone."
DEPLOYED = Case(
    "AWS::ApiGateway::Deployment",
    {"RestApiId": of("api", "RestApiId")},
    needs={"api": IMPORTED},
    tagged=False,
    unique=False,
    skip={
        **UNIMPORTED,
        "moto:what_is_absent_is_neither_found_nor_read": BREAKS,
        "moto:a_create_converges_whichever_reply_is_lost": BREAKS,
        "moto:a_delete_can_be_repeated": BREAKS,
        "moto:a_delete_converges_whichever_reply_is_lost": BREAKS,
    },
)


CASES: tuple[Case, ...] = (
    Case(
        "AWS::ApiGatewayV2::Api",
        {
            **API.properties,
            "Description": "For tests",
            "CorsConfiguration": {"AllowOrigins": ["https://shop.example"], "AllowMethods": ["GET"], "MaxAge": 300},
        },
        updates=(
            {
                "Name": f"{NAME}-more",
                "Description": GONE,
                "CorsConfiguration": {"AllowOrigins": ["*"], "AllowHeaders": ["*"]},
                "DisableExecuteApiEndpoint": True,
                "Tags": {"team": "red"},
            },
            {"CorsConfiguration": GONE, "DisableExecuteApiEndpoint": GONE, "Tags": {}},
        ),
        unique=False,
    ),
    Case(
        "AWS::ApiGatewayV2::Integration",
        {**WAY, "Description": "For tests", "RequestParameters": {"append:header.a": "1", "append:header.b": "2"}},
        updates=(
            {"IntegrationUri": f"{FUNCTION_ARN}-again", "Description": GONE, "TimeoutInMillis": 5000},
            {"RequestParameters": {"append:header.b": "3"}, "PayloadFormatVersion": "1.0"},
        ),
        needs={"api": API},
        tagged=False,
        unique=False,
    ),
    Case(
        "AWS::ApiGatewayV2::Integration",
        {
            "ApiId": of("api", "ApiId"),
            "IntegrationType": "HTTP_PROXY",
            "IntegrationMethod": "ANY",
            "IntegrationUri": "https://shop.example",
            "PayloadFormatVersion": "1.0",
            "ConnectionType": "VPC_LINK",
            "ConnectionId": "abc123",
            "TlsConfig": {"ServerNameToVerify": "shop.example"},
            "ResponseParameters": {
                "404": {"ResponseParameters": [{"Destination": "overwrite:statuscode", "Source": "403"}]},
            },
        },
        updates=(
            {"ConnectionType": GONE, "ConnectionId": GONE, "TlsConfig": GONE},
            {
                "ResponseParameters": {
                    "404": {"ResponseParameters": [{"Destination": "overwrite:statuscode", "Source": "410"}]},
                    "500": {"ResponseParameters": [{"Destination": "append:header.why", "Source": "broken"}]},
                }
            },
        ),
        needs={"api": API},
        tagged=False,
        unique=False,
        skip={"ministack": "It drops how an integration is connected."},
        label="private",
    ),
    Case(
        "AWS::ApiGatewayV2::Route",
        {
            "ApiId": of("way", "ApiId"),
            "RouteKey": "GET /orders/{id}",
            "Target": text("integrations/", of("way", "IntegrationId")),
            "OperationName": "GetOrder",
        },
        updates=(
            {"AuthorizationType": "AWS_IAM", "OperationName": GONE},
            {"AuthorizationType": GONE},
        ),
        needs={"way": TO_FUNCTION},
        tagged=False,
    ),
    Case(
        "AWS::ApiGatewayV2::Authorizer",
        {
            "ApiId": of("api", "ApiId"),
            "Name": "jwt",
            "AuthorizerType": "JWT",
            "IdentitySource": ["$request.header.Authorization"],
            "JwtConfiguration": {"Issuer": "https://id.example", "Audience": ["shop"]},
        },
        updates=(
            {"JwtConfiguration": {"Issuer": "https://id.example", "Audience": ["shop", "desk"]}},
            {"IdentitySource": ["$request.header.Token"]},
        ),
        needs={"api": API},
        tagged=False,
        skip=UNLISTED,
    ),
    Case(
        "AWS::ApiGatewayV2::Authorizer",
        {
            "ApiId": of("api", "ApiId"),
            "Name": "asks",
            "AuthorizerType": "REQUEST",
            "AuthorizerUri": FUNCTION_ARN,
            "AuthorizerPayloadFormatVersion": "2.0",
            "AuthorizerResultTtlInSeconds": 60,
            "EnableSimpleResponses": True,
            "IdentitySource": ["$request.header.Authorization"],
        },
        updates=({"AuthorizerResultTtlInSeconds": GONE, "EnableSimpleResponses": GONE},),
        needs={"api": API},
        tagged=False,
        skip=UNLISTED,
        label="function",
    ),
    Case(
        "AWS::ApiGatewayV2::Deployment",
        {"ApiId": of("api", "ApiId"), "Description": "For tests"},
        needs={"api": API},
        tagged=False,
        unique=False,
        skip={"moto": "It has no deployments."},
    ),
    Case(
        "AWS::ApiGatewayV2::Stage",
        {
            "ApiId": of("api", "ApiId"),
            "StageName": "$default",
            "AutoDeploy": True,
            "Description": "For tests",
            "AccessLogSettings": {"DestinationArn": BLUE_LOG, "Format": LOG_FORMAT},
            "DefaultRouteSettings": {"ThrottlingRateLimit": 10.5, "ThrottlingBurstLimit": 20},
            "RouteSettings": {"GET /orders": {"ThrottlingBurstLimit": 5}},
            "StageVariables": {"colour": "blue", "shape": "round"},
        },
        updates=(
            {
                "AccessLogSettings": {"DestinationArn": GREEN_LOG, "Format": LOG_FORMAT},
                "DefaultRouteSettings": {"ThrottlingRateLimit": 10.5, "DetailedMetricsEnabled": True},
                "StageVariables": {"colour": "green"},
                "Tags": {"team": "red"},
            },
            {
                "AutoDeploy": GONE,
                "Description": GONE,
                "DefaultRouteSettings": GONE,
                "RouteSettings": {"GET /orders": {"ThrottlingBurstLimit": 6}},
                "Tags": {},
            },
        ),
        needs={"api": API},
        skip={"moto": "It neither updates nor tags stages."},
        alone=True,
    ),
    DOMAIN,
    Case(
        "AWS::ApiGatewayV2::ApiMapping",
        {"DomainName": of("domain", "DomainName"), "ApiId": of("live", "ApiId"), "Stage": of("live", "StageName")},
        updates=({"ApiMappingKey": "v1"}, {"ApiMappingKey": GONE}),
        needs={"domain": DOMAIN, "live": LIVE},
        tagged=False,
        skip={"moto": "It neither updates nor tags host names."},
    ),
    Case(
        "AWS::ApiGateway::RestApi",
        {"Name": NAME, "Description": "For tests", "Policy": lets("execute-api:Invoke")},
        updates=(
            {"Name": f"{NAME}-more", "Description": GONE, "Policy": lets("execute-api:*")},
            {"Description": "For more tests", "Policy": GONE},
        ),
        unique=False,
    ),
    Case(
        "AWS::ApiGateway::RestApi",
        {
            "Name": NAME,
            "Description": "For tests",
            "EndpointConfiguration": {"Types": ["REGIONAL"]},
            "Body": document("/orders"),
        },
        updates=(
            {"Body": document("/orders", "/orders/{id}")},
            {"Description": GONE, "EndpointConfiguration": {"Types": ["EDGE"]}, "ApiKeySourceType": "AUTHORIZER"},
        ),
        unique=False,
        unread=frozenset({"Body"}),
        skip=UNIMPORTED,
        label="imported",
    ),
    DEPLOYED,
    Case(
        "AWS::ApiGateway::Deployment",
        {"RestApiId": of("api", "RestApiId"), "Description": "For tests"},
        updates=({"Description": "For more tests"}, {"Description": GONE}),
        needs={"api": REST_API},
        tagged=False,
        unique=False,
        skip=METHODLESS,
        label="described",
    ),
    Case(
        "AWS::ApiGateway::Stage",
        {
            "RestApiId": of("first", "RestApiId"),
            "StageName": "live",
            "DeploymentId": of("first", "DeploymentId"),
            "Description": "For tests",
            "TracingEnabled": True,
            "AccessLogSetting": {"DestinationArn": BLUE_LOG, "Format": LOG_FORMAT},
            "MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 10.5}],
            "Variables": {"colour": "blue", "shape": "round"},
        },
        updates=(
            {
                "AccessLogSetting": {"DestinationArn": GREEN_LOG, "Format": LOG_FORMAT},
                "MethodSettings": [
                    {
                        "ResourcePath": "/*",
                        "HttpMethod": "*",
                        "ThrottlingRateLimit": 20.5,
                        "ThrottlingBurstLimit": 40,
                        "LoggingLevel": "ERROR",
                    }
                ],
                "Variables": {"colour": "green"},
                "Tags": [{"Key": "team", "Value": "red"}],
            },
            {"Description": GONE, "TracingEnabled": GONE, "AccessLogSetting": GONE, "Tags": []},
        ),
        needs={"first": DEPLOYED},
        skip=UNIMPORTED,
        alone=True,
    ),
)
