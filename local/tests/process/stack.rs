//! The operator's commands on a deployed stack: CloudFormation is a stub, DynamoDB is that of `quintet services`.

use super::{Directory, PASSWORD, Server, get, quintet, stderr};
use serde_json::json;
use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader, Read, Write as _},
    net::{SocketAddr, TcpListener},
    process::Output,
    sync::mpsc::{self, Receiver},
    thread,
};

const TABLES: [&str; 10] =
    ["Users", "Assistants", "Tools", "Sessions", "Balances", "Files", "Outbox", "Webhooks", "Connections", "Limits"];

/// Gives the same answer to all requests, and tells of their headers and bodies.
struct CloudFormation {
    address: SocketAddr,
    requests: Receiver<(String, String)>,
}

impl CloudFormation {
    fn answering(status: u16, body: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, requests) = mpsc::channel();
        thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = BufReader::new(connection.unwrap());
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    assert!(connection.read_line(&mut head).unwrap() > 0, "{head}");
                }
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
                let mut form = vec![0; length.parse().unwrap()];
                connection.read_exact(&mut form).unwrap();
                let answer = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                connection.get_mut().write_all(answer.as_bytes()).unwrap();
                // Nobody asks for it when the test is over.
                sender.send((head, String::from_utf8(form).unwrap())).ok();
            }
        });
        Self { address, requests }
    }

    /// A stack with these outputs.
    fn with_outputs(outputs: &[(String, String)]) -> Self {
        let mut members = String::new();
        for (name, value) in outputs {
            write!(members, "<member><OutputKey>{name}</OutputKey><OutputValue>{value}</OutputValue></member>")
                .unwrap();
        }
        Self::answering(
            200,
            format!(
                "<?xml version=\"1.0\"?><DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
                 <DescribeStacksResult><Stacks><member><StackName>quintet</StackName><Parameters><member>\
                 <ParameterKey>InitialTokens</ParameterKey><ParameterValue>1</ParameterValue></member></Parameters>\
                 <Outputs>{members}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
            ),
        )
    }

    fn refusing(code: &str, message: &str) -> Self {
        let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
        Self::answering(400, format!("<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"))
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// The outputs of a stack whose tables are called as the embedded database has them.
fn outputs() -> Vec<(String, String)> {
    let tables = TABLES.map(|table| (format!("Table{table}"), table.to_lowercase()));
    let others = [
        ("BucketFiles", "files"),
        ("QueueDeliveries", "https://sqs.eu-central-1.amazonaws.com/000000000000/deliveries"),
        ("QueueConnections", "https://sqs.eu-central-1.amazonaws.com/000000000000/connections"),
        ("WebsocketEndpoint", "https://abc.execute-api.eu-central-1.amazonaws.com/live"),
        ("InitialTokens", "700"),
    ];
    tables.into_iter().chain(others.map(|(name, value)| (name.to_owned(), value.to_owned()))).collect()
}

/// Makes `boss` an administrator of the stack `quintet`, with nothing but `settings` and the operator's password.
fn create(directory: &Directory, settings: &[(&str, &str)]) -> Output {
    let create = ["create-admin", "--stack", "quintet", "--username", "boss", "--email", "boss@example.com"];
    let home = directory.0.to_str().unwrap();
    let mut command = quintet(&directory.0, &create, settings);
    for name in ["AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        if settings.iter().all(|(set, _)| *set != name) {
            command.env_remove(name);
        }
    }
    command.env("HOME", home).env("AWS_EC2_METADATA_DISABLED", "true").env("QUINTET_ADMIN_PASSWORD", PASSWORD);
    command.output().unwrap()
}

const KEYS: [(&str, &str); 3] =
    [("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "embedded"), ("AWS_SECRET_ACCESS_KEY", "embedded")];

#[test]
fn an_administrator_is_made_in_the_tables_that_a_stack_names() {
    let directory = Directory::new("stack");
    let services = Server::start(&directory.0, &["services", "--data", "data"], &[]);
    let stack = CloudFormation::with_outputs(&outputs());
    let (all, cloud_formation) = (format!("http://{}", services.address), stack.url());
    let places = [("AWS_ENDPOINT_URL", all.as_str()), ("AWS_ENDPOINT_URL_CLOUDFORMATION", cloud_formation.as_str())];
    let settings = [&KEYS[..], &places].concat();
    let made = create(&directory, &settings);
    assert_eq!(stderr(&made), "");
    assert_eq!(String::from_utf8(made.stdout).unwrap(), "boss is an administrator now.\n");
    let (head, form) = stack.requests.recv().unwrap();
    assert_eq!(form, "Action=DescribeStacks&Version=2010-05-15&StackName=quintet");
    assert!(head.contains("authorization: AWS4-HMAC-SHA256 Credential=embedded/"), "{head}");
    assert!(head.contains("/eu-central-1/cloudformation/aws4_request, SignedHeaders="), "{head}");

    let taken = "quintet: username: A user with that username already exists.; \
                 email: A user with that email already exists.\n";
    let again = create(&directory, &settings);
    assert_eq!((again.status.code(), stderr(&again).as_str()), (Some(1), taken));

    drop(services);
    let server = Server::start(&directory.0, &["serve", "--data", "data"], &[]);
    let body = json!({"email": "boss", "password": PASSWORD});
    let (status, body) = server.post("/api/v1/auth/login", "", "", &body).unwrap();
    assert_eq!(status, 200, "{body}");
    let (_, me) = get(server.address, "/api/v1/users/me", body["access_token"].as_str().unwrap()).unwrap();
    assert_eq!((&me["username"], &me["role"], &me["tokens"]), (&json!("boss"), &json!("admin"), &json!(700)));
}

#[test]
fn a_profile_with_keys_is_as_good_as_the_environment_and_so_is_one_with_a_role() {
    let directory = Directory::new("profile");
    let sts = CloudFormation::answering(
        200,
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
         <AccessKeyId>ASSUMED</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>y</SessionToken>\
         <Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
            .to_owned(),
    );
    let stack = CloudFormation::refusing("AccessDenied", "No");
    let (cloud_formation, tokens) = (stack.url(), sts.url());
    let places =
        [("AWS_ENDPOINT_URL_CLOUDFORMATION", cloud_formation.as_str()), ("AWS_ENDPOINT_URL_STS", tokens.as_str())];
    let keys = "region = eu-central-1\naws_access_key_id = KEPT\naws_secret_access_key = x\n";
    let role = "region = eu-central-1\nrole_arn = arn:aws:iam::000000000000:role/operator\nsource_profile = keys\n";
    fs::create_dir(directory.0.join(".aws")).unwrap();
    fs::write(directory.0.join(".aws/config"), format!("[profile keys]\n{keys}[profile role]\n{role}")).unwrap();
    for (profile, id) in [("keys", "KEPT"), ("role", "ASSUMED")] {
        let refused = create(&directory, &[&places[..], &[("AWS_PROFILE", profile)]].concat());
        assert_eq!(stderr(&refused), "quintet: CloudFormation refuses: No (AccessDenied)\n");
        let (head, _) = stack.requests.recv().unwrap();
        assert!(head.contains(&format!("Credential={id}/")), "{head}");
    }
}

#[test]
fn what_is_wrong_with_a_stack_is_one_clear_line() {
    let directory = Directory::new("no-stack");
    let mut incomplete = outputs();
    incomplete.retain(|(name, _)| name != "TableBalances");
    let cases = [
        (
            CloudFormation::refusing("ValidationError", "Stack with id quintet does not exist"),
            "there is no stack quintet in eu-central-1",
        ),
        (
            CloudFormation::refusing("AccessDenied", "User: x is not authorized"),
            "CloudFormation refuses: User: x is not authorized (AccessDenied)",
        ),
        (CloudFormation::answering(503, "<html>".to_owned()), "CloudFormation answers 503 Service Unavailable"),
        (CloudFormation::with_outputs(&[]), "the stack has no outputs: is it one of Quintet, and is it complete?"),
        (
            CloudFormation::with_outputs(&incomplete),
            "the stack quintet has no output TableBalances: is it one of Quintet, and of this version?",
        ),
    ];
    for (stack, expected) in cases {
        let failed = create(&directory, &[&KEYS[..], &[("AWS_ENDPOINT_URL", &stack.url())]].concat());
        assert_eq!((failed.status.code(), stderr(&failed)), (Some(1), format!("quintet: {expected}\n")));
    }
}

#[test]
fn what_is_wrong_with_the_operators_credentials_is_one_clear_line() {
    let directory = Directory::new("no-credentials");
    let stack = CloudFormation::with_outputs(&outputs());
    let url = stack.url();
    let cases = [
        (vec![], "no AWS region"),
        (vec![("AWS_REGION", "eu-central-1")], "no AWS credentials"),
        (vec![("AWS_REGION", "eu-central-1"), ("AWS_PROFILE", "nobody")], "no AWS credentials"),
    ];
    for (settings, expected) in cases {
        let failed = create(&directory, &[&settings[..], &[("AWS_ENDPOINT_URL", &url)]].concat());
        let error = stderr(&failed);
        assert_eq!((failed.status.code(), error.lines().count()), (Some(1), 1), "{error}");
        assert!(error.starts_with(&format!("quintet: {expected}: ")), "{error}");
    }
    let unreachable = create(&directory, &[&KEYS[..], &[("AWS_ENDPOINT_URL", "http://127.0.0.1:1")]].concat());
    let error = stderr(&unreachable);
    assert!(error.starts_with("quintet: CloudFormation cannot be reached: ") && error.lines().count() == 1, "{error}");
}
