//! What nobody may do, what is not lost, and who hears when something goes wrong.

use super::{Function, Permission, function, functions, resource, resources, template, text};
use crate::threats::routes::{Access, ROUTES};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn no_function_may_do_everything_or_to_everything() {
    let names: BTreeSet<String> = template()["Resources"].as_object().unwrap().keys().cloned().collect();
    for function in functions() {
        for (action, resource) in &function.allowed {
            assert!(!action.contains('*'), "{}: {action}", function.name);
            let is_whole = match action.as_str() {
                // Operators choose the model. Its resource has no name of ours.
                "bedrock:InvokeModelWithResponseStream" => {
                    let models = ["foundation-model", "inference-profile", "application-inference-profile"];
                    models.iter().any(|kind| resource.ends_with(&format!(":{kind}/*")))
                }
                "execute-api:ManageConnections" => resource.ends_with(":${WebSocketApi}/live/*/@connections/*"),
                // These know no resource.
                "dynamodb:ListStreams" => resource == "*",
                _ if action.starts_with("s3:") => {
                    let parts = ["files", "health", "texts", "uploads"].map(|part| format!("filesbucket/{part}/*"));
                    resource == "filesbucket" || parts.contains(resource)
                }
                _ => !resource.contains('*'),
            };
            assert!(is_whole, "{}: {action} on {resource}", function.name);
            let of = resource.split(['/', '.']).next().unwrap();
            let is_ours = names.iter().any(|name| name.to_lowercase() == of.to_lowercase());
            let is_ours = is_ours || of.contains("${AWS::AccountId}:${WebSocketApi}");
            let is_ours = is_ours || of.starts_with("arn:${AWS::Partition}:bedrock:");
            // The operator's secrets.
            let is_ours =
                is_ours || ["ModelApiKeySecretId", "EmbeddingsApiKeySecretId", "SearchApiKeySecretId"].contains(&of);
            assert!(is_ours || action == "dynamodb:ListStreams", "{}: {resource}", function.name);
        }
    }
}

#[test]
fn only_functions_that_answer_ask_models_and_only_if_the_operator_chose_bedrock() {
    for function in functions() {
        let asks = function.allowed.iter().any(|(action, _)| action.starts_with("bedrock:"));
        assert_eq!(asks, function.asks_models(), "{}", function.name);
        let policies = function.properties["Policies"].as_array().into_iter().flatten();
        let always = policies.filter(|policy| policy["Statement"].to_string().contains("bedrock:"));
        assert_eq!(always.count(), 0, "{}", function.name);
    }
    assert_eq!(template()["Conditions"]["AsksBedrock"], json!(["ModelProvider", "bedrock"]));
}

#[test]
fn only_functions_that_ask_or_probe_models_read_the_providers_key() {
    let reads: Permission = ("secretsmanager:GetSecretValue".to_owned(), "ModelApiKeySecretId".to_owned());
    for function in functions() {
        let asks = function.asks_models() || function.binary == "health";
        assert_eq!(function.allowed.contains(&reads), asks, "{}", function.name);
        let is_told = function.environment().iter().any(|(name, _)| name == "MODEL_API_KEY_SECRET_ID");
        assert_eq!(is_told, asks, "{}", function.name);
    }
}

#[test]
fn only_functions_that_read_and_search_files_read_the_key_for_embeddings() {
    let reads: Permission = ("secretsmanager:GetSecretValue".to_owned(), "EmbeddingsApiKeySecretId".to_owned());
    for function in functions() {
        let embeds = ["Index", "Messages", "WebMessages"].contains(&function.name.as_str());
        assert_eq!(function.allowed.contains(&reads), embeds, "{}", function.name);
        let is_told = function.environment().iter().any(|(name, _)| name == "EMBEDDINGS_API_KEY_SECRET_ID");
        assert_eq!(is_told, embeds, "{}", function.name);
        let policies = function.properties["Policies"].as_array().into_iter().flatten();
        let always = policies.filter(|policy| policy["Statement"].to_string().contains("EmbeddingsApiKeySecretId"));
        assert_eq!(always.count(), 0, "{}: an operator may have no key", function.name);
    }
}

#[test]
fn only_functions_that_call_tools_read_the_search_engines_key() {
    let reads: Permission = ("secretsmanager:GetSecretValue".to_owned(), "SearchApiKeySecretId".to_owned());
    for function in functions() {
        let searches = function.asks_models() || function.binary == "tools";
        assert_eq!(function.allowed.contains(&reads), searches, "{}", function.name);
        let is_told = function.environment().iter().any(|(name, _)| name == "SEARCH_API_KEY_SECRET_ID");
        assert_eq!(is_told, searches, "{}", function.name);
        let policies = function.properties["Policies"].as_array().into_iter().flatten();
        let always = policies.filter(|policy| policy["Statement"].to_string().contains("SearchApiKeySecretId"));
        assert_eq!(always.count(), 0, "{}: an operator may have no key", function.name);
    }
}

#[test]
fn only_functions_that_check_tokens_read_the_key() {
    let reads: Permission = ("secretsmanager:GetSecretValue".to_owned(), "JwtSecret".to_owned());
    let readers: BTreeSet<String> =
        functions().into_iter().filter(|function| function.allowed.contains(&reads)).map(|it| it.name).collect();
    let guarded = |function: &Function| {
        let routes = ROUTES.iter().filter(|route| route.access != Access::Public);
        let mut routes = routes.map(|route| (route.verb, route.path.trim_end_matches('/')));
        routes.any(|(verb, path)| function.routes.contains(&(verb.to_owned(), path.to_owned())))
    };
    let mut checkers: BTreeSet<String> = functions().into_iter().filter(guarded).map(|it| it.name).collect();
    checkers.extend(["RealtimeFunction", "Web", "WebMessages"].map(str::to_owned));
    assert_eq!(readers, checkers);
    let made = json!({"PasswordLength": 64, "ExcludePunctuation": true});
    assert_eq!(resource("JwtSecret")["GenerateSecretString"], made);
}

#[test]
fn nobody_reaches_the_bucket_from_outside_or_in_the_clear() {
    let bucket = resource("FilesBucket");
    let blocked = bucket["PublicAccessBlockConfiguration"].as_object().unwrap();
    let all = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
    assert_eq!(blocked.keys().collect::<BTreeSet<_>>(), all.map(str::to_owned).iter().collect());
    assert!(blocked.values().all(|is_blocked| *is_blocked == true), "{blocked:?}");
    let encryption = &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"];
    let by_key = json!({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "KmsKeyArn"});
    let with_own_key = json!({"BucketKeyEnabled": true, "ServerSideEncryptionByDefault": by_key});
    let without = json!({"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}});
    assert_eq!(*encryption, json!([["HasKmsKey", with_own_key, without]]));
    assert_eq!(bucket["OwnershipControls"], json!({"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}));
    let rules = &bucket["LifecycleConfiguration"]["Rules"];
    assert_eq!(rules[0]["AbortIncompleteMultipartUpload"], json!({"DaysAfterInitiation": 1}));
    let policies = resources("AWS::S3::BucketPolicy");
    assert_eq!(policies.len(), 1);
    let only_encrypted = json!({
        "Sid": "OnlyEncrypted",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["FilesBucket.Arn", "${FilesBucket.Arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    });
    assert_eq!(policies[0].1["PolicyDocument"]["Statement"], json!([only_encrypted]));
}

#[test]
fn what_fails_again_and_again_is_put_aside() {
    let given_up = resource("GivenUp");
    assert_eq!(given_up["MessageRetentionPeriod"], 14 * 24 * 60 * 60);
    let mut served = BTreeSet::new();
    for (mapping, events) in resources("AWS::Lambda::EventSourceMapping") {
        let (of, source) = (function(&text(&events["FunctionName"])), text(&events["EventSourceArn"]));
        assert_eq!(events["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]), "{mapping}");
        if let Some(name) = source.strip_suffix(".Arn") {
            let queue = resource(name);
            assert_eq!(queue["RedrivePolicy"], json!({"deadLetterTargetArn": "GivenUp.Arn", "maxReceiveCount": 10}));
            assert!(queue["VisibilityTimeout"].as_u64().unwrap() >= 6 * of.timeout(), "{name}");
            let most = if of.name == "Index" { "IndexConcurrency" } else { "DeliverConcurrency" };
            assert_eq!(events["ScalingConfig"], json!({"MaximumConcurrency": most}), "{mapping}");
        } else {
            assert_eq!(events["DestinationConfig"], json!({"OnFailure": {"Destination": "GivenUp.Arn"}}));
            assert!(events["MaximumRetryAttempts"].as_u64().unwrap() > 0, "the default is without end");
        }
        served.insert((of.name, source));
    }
    let wanted = [
        ("Deliver", "Deliveries.Arn"),
        ("Dispatch", "Outbox.StreamArn"),
        ("Index", "Indexing.Arn"),
        ("RealtimeFunction", "ConnectionsQueue.Arn"),
    ];
    assert_eq!(served, wanted.map(|(function, source)| (function.to_owned(), source.to_owned())).into());
    // SAM would let a function with such events read every queue and stream of the account.
    for function in functions() {
        assert_eq!((function.events("SQS"), function.events("DynamoDB")), (vec![], vec![]), "{}", function.name);
    }
}

/// The operator's key, if there is one.
fn own_key() -> Value {
    json!(["HasKmsKey", "KmsKeyArn", "AWS::NoValue"])
}

#[test]
fn what_is_stored_is_encrypted_with_the_operators_key_or_for_nothing() {
    let mut stores = 0;
    for (kind, property) in [
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
        ("AWS::Logs::LogGroup", "KmsKeyId"),
        ("AWS::SecretsManager::Secret", "KmsKeyId"),
    ] {
        for (name, properties) in resources(kind) {
            assert_eq!(properties[property], own_key(), "{name}");
            stores += 1;
        }
    }
    assert_eq!(stores, 4 + 1 + functions().len() + 1);
    for (name, queue) in resources("AWS::SQS::Queue") {
        assert_eq!(queue["SqsManagedSseEnabled"], json!(["HasKmsKey", "AWS::NoValue", true]), "{name}");
    }
    for (name, table) in resources("AWS::DynamoDB::Table") {
        let with_own_key = json!({"SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": "KmsKeyArn"});
        assert_eq!(table["SSESpecification"], json!(["HasKmsKey", with_own_key, "AWS::NoValue"]), "{name}");
    }
    for function in functions() {
        assert_eq!(function.properties["KmsKeyArn"], own_key(), "{}", function.name);
    }
    assert_eq!(template()["Parameters"]["KmsKeyArn"]["Default"], "");
    assert!(resources("AWS::KMS::Key").is_empty(), "a key costs a dollar a month");
}

#[test]
fn every_function_has_a_log_that_is_forgotten_in_time() {
    let logs: BTreeMap<String, Value> = resources("AWS::Logs::LogGroup").into_iter().collect();
    let mut used = BTreeSet::new();
    for function in functions() {
        let log = text(&function.properties["LoggingConfig"]["LogGroup"]);
        let name = format!("/aws/lambda/${{AWS::StackName}}-{}", log.trim_end_matches("Logs").to_lowercase());
        let wanted = json!({"LogGroupName": name, "RetentionInDays": "LogRetentionDays", "KmsKeyId": own_key()});
        assert_eq!(logs[&log], wanted, "{}", function.name);
        assert!(used.insert(log), "{} has its own", function.name);
    }
    assert_eq!(used, logs.into_keys().collect());
}

#[test]
fn alarms_go_off_for_what_users_would_notice_and_are_no_more_than_are_free() {
    let alarms = resources("AWS::CloudWatch::Alarm");
    let mut watched = BTreeSet::new();
    for (name, alarm) in &alarms {
        for actions in ["AlarmActions", "OKActions"] {
            assert_eq!(alarm[actions], json!(["Alarms"]), "{name}");
        }
        assert_eq!(alarm["TreatMissingData"], "notBreaching", "{name}: no requests are no fault");
        let dimensions = alarm["Dimensions"].as_array().into_iter().flatten();
        let of = dimensions.map(|dimension| text(&dimension["Value"])).collect::<Vec<_>>().join(" ");
        watched.insert(format!("{} {of}", alarm["MetricName"].as_str().unwrap()).trim().to_owned());
    }
    let wanted = [
        "5XXError AWS::StackName v1",
        "ApproximateAgeOfOldestMessage Deliveries.QueueName",
        "ApproximateNumberOfMessagesVisible GivenUp.QueueName",
        "Errors",
        "Errors Deliver",
        "Errors Dispatch",
        "Errors RealtimeFunction",
        "IteratorAge Dispatch",
        "Latency AWS::StackName v1",
        "Throttles",
    ];
    assert_eq!(watched, wanted.map(str::to_owned).into());
    assert_eq!(alarms.len(), 10);
    let api = resource("RestApi");
    assert_eq!((&api["Name"], &api["StageName"]), (&json!("AWS::StackName"), &json!("v1")));
}
