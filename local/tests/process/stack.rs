//! The operator's commands on a deployed stack: the AWS CLI is a stub, DynamoDB is that of `quintet services`.

use super::{Directory, PASSWORD, Server, get, quintet, stderr, stdout};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener},
    os::unix::fs::PermissionsExt,
    process::Output,
    sync::mpsc::{self, Receiver},
    thread,
};

const TABLES: [&str; 10] =
    ["Users", "Assistants", "Tools", "Sessions", "Balances", "Files", "Outbox", "Webhooks", "Connections", "Limits"];

/// Stands for the AWS CLI: a program `aws` that prints the same whatever it is asked, and notes what that was.
struct Cli(Directory);

impl Cli {
    fn new(name: &str, status: u8, stdout: &str, stderr: &str) -> Self {
        let directory = Directory::new(name);
        let files = [("stdout", stdout), ("stderr", stderr)].map(|(file, text)| (directory.0.join(file), text));
        for (file, text) in files {
            fs::write(file, text).unwrap();
        }
        let here = directory.0.display();
        let script = format!(
            "#!/bin/sh\necho \"$@\" >> '{here}/asked'\n/bin/cat '{here}/stdout'\n/bin/cat '{here}/stderr' >&2\nexit {status}\n"
        );
        let program = directory.0.join("aws");
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Self(directory)
    }

    /// A stack with these outputs.
    fn with_outputs(name: &str, outputs: &[(String, String)]) -> Self {
        let output = |(name, value)| json!({"OutputKey": name, "OutputValue": value, "Description": "Some."});
        let outputs: Vec<Value> = outputs.iter().cloned().map(output).collect();
        Self::new(name, 0, &Value::from(outputs).to_string(), "")
    }

    fn refusing(name: &str, why: &str) -> Self {
        Self::new(name, 254, "", why)
    }

    /// The search path that leads to it alone.
    fn path(&self) -> &str {
        self.0.0.to_str().unwrap()
    }

    fn asked(&self) -> String {
        fs::read_to_string(self.0.0.join("asked")).unwrap()
    }
}

/// What the AWS CLI is asked.
const ASKED: &str = "cloudformation describe-stacks --query Stacks[0].Outputs --output json --region=eu-central-1 \
                     --stack-name=quintet\n";

/// Security Token Service, which gives the same role to everybody. Tells how often it was asked.
fn token_service() -> (SocketAddr, Receiver<()>) {
    const ANSWER: &str = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
        <Credentials><AccessKeyId>ASSUMED</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>y</SessionToken>\
        <Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, asked) = mpsc::channel();
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
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{ANSWER}", ANSWER.len());
            connection.get_mut().write_all(answer.as_bytes()).unwrap();
            // Nobody asks for it when the test is over.
            sender.send(()).ok();
        }
    });
    (address, asked)
}

/// The outputs of a stack whose tables are called as the embedded database has them.
fn outputs() -> Vec<(String, String)> {
    let tables = TABLES.map(|table| (format!("Table{table}"), table.to_lowercase()));
    let others = [
        ("BucketFiles", "files"),
        ("QueueDeliveries", "https://sqs.eu-central-1.amazonaws.com/000000000000/deliveries"),
        ("QueueConnections", "https://sqs.eu-central-1.amazonaws.com/000000000000/connections"),
        ("QueueIndexing", "https://sqs.eu-central-1.amazonaws.com/000000000000/indexing"),
        ("WebsocketEndpoint", "https://abc.execute-api.eu-central-1.amazonaws.com/live"),
        ("InitialTokens", "700"),
    ];
    tables.into_iter().chain(others.map(|(name, value)| (name.to_owned(), value.to_owned()))).collect()
}

/// Makes `boss` an administrator of the stack `quintet`.
fn create(directory: &Directory, path: &str, settings: &[(&str, &str)]) -> Output {
    command(directory, path, &["create-admin", "--username", "boss", "--email", "boss@example.com"], settings)
}

/// Runs a command on the stack `quintet`, with nothing but `settings` and the operator's password.
fn command(directory: &Directory, path: &str, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let arguments = [arguments, &["--stack", "quintet"]].concat();
    let home = directory.0.to_str().unwrap();
    let mut command = quintet(&directory.0, &arguments, settings);
    for name in ["AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        if settings.iter().all(|(set, _)| *set != name) {
            command.env_remove(name);
        }
    }
    command.env("HOME", home).env("AWS_EC2_METADATA_DISABLED", "true").env("QUINTET_ADMIN_PASSWORD", PASSWORD);
    command.env("PATH", path).output().unwrap()
}

const KEYS: [(&str, &str); 3] =
    [("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "embedded"), ("AWS_SECRET_ACCESS_KEY", "embedded")];

#[test]
fn an_administrator_is_made_in_the_tables_that_a_stack_names() {
    let directory = Directory::new("stack");
    let services = Server::start(&directory.0, &["services", "--data", "data"], &[]);
    let cli = Cli::with_outputs("stack-cli", &outputs());
    let all = format!("http://{}", services.address);
    let settings = [&KEYS[..], &[("AWS_ENDPOINT_URL", all.as_str())]].concat();
    let made = create(&directory, cli.path(), &settings);
    assert_eq!(stderr(&made), "");
    assert_eq!(stdout(&made), "boss is an administrator now.\n");
    assert_eq!(cli.asked(), ASKED);

    let taken = "quintet: username: A user with that username already exists. email: A user with that email already \
                 exists. `quintet create-admin --promote` makes an existing account an administrator.\n";
    let again = create(&directory, cli.path(), &settings);
    assert_eq!((again.status.code(), stderr(&again).as_str()), (Some(1), taken));

    let granted = command(&directory, cli.path(), &["grant-tokens", "--username", "boss", "--tokens", "50"], &settings);
    assert_eq!((stderr(&granted).as_str(), stdout(&granted).as_str()), ("", "boss has 750 tokens now.\n"));
    let promoted =
        command(&directory, cli.path(), &["create-admin", "--promote", "--email", "boss@example.com"], &settings);
    assert_eq!(stderr(&promoted), "quintet: boss is an administrator already\n");

    drop(services);
    let server = Server::start(&directory.0, &["serve", "--data", "data"], &[]);
    let body = json!({"email": "boss", "password": PASSWORD});
    let (status, body) = server.post("/api/v1/auth/login", "", "", &body).unwrap();
    assert_eq!(status, 200, "{body}");
    let (_, me) = get(server.address, "/api/v1/users/me", body["access_token"].as_str().unwrap()).unwrap();
    assert_eq!((&me["username"], &me["role"], &me["tokens"]), (&json!("boss"), &json!("admin"), &json!(750)));
}

#[test]
fn a_profile_with_keys_is_as_good_as_the_environment_and_so_is_one_with_a_role() {
    let directory = Directory::new("profile");
    let (tokens, asked) = token_service();
    let tokens = format!("http://{tokens}");
    let keys = "region = eu-central-1\naws_access_key_id = KEPT\naws_secret_access_key = x\n";
    let role = "region = eu-central-1\nrole_arn = arn:aws:iam::000000000000:role/operator\nsource_profile = keys\n";
    fs::create_dir(directory.0.join(".aws")).unwrap();
    fs::write(directory.0.join(".aws/config"), format!("[profile keys]\n{keys}[profile role]\n{role}")).unwrap();
    for (profile, is_role) in [("keys", false), ("role", true)] {
        let cli = Cli::refusing(&format!("profile-{profile}"), "No.");
        let refused = create(&directory, cli.path(), &[("AWS_ENDPOINT_URL_STS", &tokens), ("AWS_PROFILE", profile)]);
        assert_eq!(stderr(&refused), "quintet: the AWS CLI cannot describe the stack quintet: No.\n");
        assert_eq!(cli.asked(), ASKED);
        assert_eq!(asked.try_recv().is_ok(), is_role, "{profile}");
    }
}

#[test]
fn what_is_wrong_with_a_stack_is_one_clear_line() {
    let directory = Directory::new("no-stack");
    let mut incomplete = outputs();
    incomplete.retain(|(name, _)| name != "TableBalances");
    let cases = [
        (
            Cli::refusing(
                "no-stack-0",
                "\nAn error occurred (ValidationError):\n Stack with id quintet does not exist\n",
            ),
            "the AWS CLI cannot describe the stack quintet: An error occurred (ValidationError): Stack with id quintet \
             does not exist",
        ),
        (
            Cli::new("no-stack-1", 0, "null\n", ""),
            "the stack quintet has no outputs: is it one of Quintet, and is it complete?",
        ),
        (
            Cli::with_outputs("no-stack-2", &incomplete),
            "the stack quintet has no output TableBalances: is it one of Quintet, and of this version?",
        ),
        (
            Cli::new("no-stack-3", 0, "<html>", ""),
            "the AWS CLI printed something else than a stack's outputs: expected value at line 1 column 1",
        ),
    ];
    for (cli, expected) in cases {
        let failed = create(&directory, cli.path(), &KEYS);
        assert_eq!((failed.status.code(), stderr(&failed)), (Some(1), format!("quintet: {expected}\n")));
    }
    let missing = create(&directory, directory.0.to_str().unwrap(), &KEYS);
    let expected = "quintet: the AWS CLI is not installed: --stack needs the command `aws`\n";
    assert_eq!((missing.status.code(), stderr(&missing).as_str()), (Some(1), expected));
}

#[test]
fn what_is_wrong_with_the_operators_credentials_is_one_clear_line() {
    let directory = Directory::new("no-credentials");
    let cli = Cli::with_outputs("no-credentials-cli", &outputs());
    let cases = [
        (vec![], "no AWS region"),
        (vec![("AWS_REGION", "eu-central-1")], "no AWS credentials"),
        (vec![("AWS_REGION", "eu-central-1"), ("AWS_PROFILE", "nobody")], "no AWS credentials"),
    ];
    for (settings, expected) in cases {
        let failed = create(&directory, cli.path(), &settings);
        let error = stderr(&failed);
        assert_eq!((failed.status.code(), error.lines().count()), (Some(1), 1), "{error}");
        assert!(error.starts_with(&format!("quintet: {expected}: ")), "{error}");
    }
}
