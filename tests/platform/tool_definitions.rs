//! Spec 001, "POST /tools": what a tool may be.

use super::{
    error, invalid, only_page,
    tools::{FORM, TOOLS, add, bare, file_upload, web_search},
};
use crate::world::{NOW, World};
use serde_json::{Value, json};

const EXISTS: &str = "A tool with this name already exists.";

#[tokio::test]
async fn a_tool_with_everything() {
    let world = World::new();
    let (alice, root) = (world.user("alice").await, world.admin("root").await);
    let parameters = json!({
        "city": {"type": "string", "required": true, "description": "Where"},
        "days": {"type": "integer", "required": false, "description": ""},
        "Für uns": {"type": "object", "required": false, "description": "Anything"},
    });
    let given = json!({
        "name": " Weather, by City! ", "description": " Tells the weather ", "category": " data ",
        "parameters": {
            "city": {"type": "string", "required": true, "description": "Where"},
            "days": {"type": "integer"},
            "Für uns": {"type": "object", "description": "Anything", "properties": {"x": {"type": "nonsense"}}},
        },
        "endpoint": "https://example.com/weather?v=1", "timeout_seconds": 60, "max_result_bytes": 1_024,
        "secret_header": {"name": "X-Api-Key", "value": "a secret"}, "id": "mine", "created_at": "1999-01-01T00:00:00Z",
    });
    let reply = root.post(TOOLS, given).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let tool = json!({
        "id": "weather_by_city", "name": "Weather, by City!", "description": "Tells the weather", "category": "data",
        "parameters": parameters, "endpoint": "https://example.com/weather?v=1", "timeout_seconds": 60,
        "max_result_bytes": 1_024, "secret_header": {"name": "X-Api-Key"}, "created_at": NOW, "updated_at": NOW,
    });
    assert_eq!(reply.body, tool);
    for (actor, is_admin) in [(&root, true), (&alice, false)] {
        let mut seen = tool.clone();
        if !is_admin {
            (seen["endpoint"], seen["secret_header"]) = (json!(null), json!(null));
        }
        assert_eq!(actor.get(&format!("{TOOLS}/weather_by_city")).await.body, seen);
        assert_eq!(actor.get(TOOLS).await.body, only_page(json!([seen, web_search(), file_upload()])));
    }
}

#[tokio::test]
async fn a_tool_with_a_name_and_an_address() {
    let world = World::new();
    let root = world.admin("root").await;
    let reply = add(&root, "weather", "Weather").await;
    assert_eq!((reply.status, reply.body), (201, bare("weather", "Weather")));
    let nothing = json!({
        "name": "More", "endpoint": "https://example.com/more", "description": null, "category": " ",
        "parameters": null, "timeout_seconds": null, "max_result_bytes": null, "secret_header": null,
    });
    let reply = root.post(TOOLS, nothing).await;
    assert_eq!((reply.status, reply.body), (201, bare("more", "More")));
}

#[tokio::test]
async fn a_tool_that_cannot_be() {
    const REQUIRED: &str = "This field is required.";
    const HTTPS: &str = "Only https addresses are allowed.";
    const PUBLIC: &str = "The address must name a public host.";
    let world = World::new();
    let root = world.admin("root").await;
    let long = "x".repeat(2_001);
    let with = |field: &str, value: Value| {
        let mut body = json!({"name": "Weather", "endpoint": "https://example.com/"});
        body[field] = value;
        body
    };
    let many = (0..51).map(|n| (format!("p{n}"), json!({"type": "string"}))).collect::<serde_json::Map<_, _>>();
    let mut cases = vec![
        (json!({}), vec![("name", REQUIRED), ("endpoint", REQUIRED)]),
        (with("name", json!(" ")), vec![("name", "This field may not be blank.")]),
        (with("name", json!("Погода")), vec![("name", "Use at least one of the letters a-z or a digit.")]),
        (with("name", json!("x".repeat(256))), vec![("name", "Ensure this field has no more than 255 characters.")]),
        (
            json!({"name": 1, "description": [], "category": {}, "parameters": [], "endpoint": true}),
            vec![
                ("name", "Not a valid string."),
                ("description", "Not a valid string."),
                ("category", "Not a valid string."),
                ("parameters", "Expected an object."),
                ("endpoint", "Not a valid string."),
            ],
        ),
        (
            json!({"name": "W", "description": long, "category": "x".repeat(65), "endpoint": "https://a.b/"}),
            vec![
                ("description", "Ensure this field has no more than 2000 characters."),
                ("category", "Ensure this field has no more than 64 characters."),
            ],
        ),
        (with("parameters", json!(many)), vec![("parameters", "Ensure this field has no more than 50 elements.")]),
        (
            with("endpoint", json!(format!("https://example.com/{long}"))),
            vec![("endpoint", "Ensure this field has no more than 2000 characters.")],
        ),
        (with("endpoint", json!("nowhere")), vec![("endpoint", "Enter a valid URL.")]),
        (with("endpoint", json!("https://exa mple.com/")), vec![("endpoint", "Enter a valid URL.")]),
        (
            with("endpoint", json!("https://me:secret@example.com/")),
            vec![("endpoint", "The address may not hold a name or a password.")],
        ),
    ];
    for endpoint in ["http://example.com/", "ftp://example.com/", "file:///etc/passwd", "javascript:alert(1)"] {
        cases.push((with("endpoint", json!(endpoint)), vec![("endpoint", HTTPS)]));
    }
    let inner = ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]", "[::ffff:10.0.0.1]", "169.254.169.254"];
    let named = ["localhost", "LOCALHOST.", "printer.local", "db.internal", "router.home.arpa", "quintet", "8.8.8.8"];
    for host in inner.into_iter().chain(named) {
        cases.push((with("endpoint", json!(format!("https://{host}/"))), vec![("endpoint", PUBLIC)]));
    }
    let parameters = [
        json!({"city": {}}),
        json!({"city": {"type": "text"}}),
        json!({"city": {"type": ["string"]}}),
        json!({"city": {"type": "String"}}),
        json!({"city": "string"}),
        json!({"city": null}),
        json!({"city": {"type": "string", "required": "yes"}}),
        json!({"city": {"type": "string", "required": null}}),
        json!({"city": {"type": "string", "description": 5}}),
        json!({"city": {"type": "string", "description": "x".repeat(1_001)}}),
        json!({"city": {"type": "string", "description": "\0"}}),
        json!({"": {"type": "string"}}),
        json!({"x".repeat(65): {"type": "string"}}),
    ];
    let seconds = "Ensure this value is between 1 and 60.";
    for value in [json!(0), json!(61), json!(-1)] {
        cases.push((with("timeout_seconds", value), vec![("timeout_seconds", seconds)]));
    }
    let bytes = "Ensure this value is between 1024 and 102400.";
    for value in [json!(1_023), json!(102_401)] {
        cases.push((with("max_result_bytes", value), vec![("max_result_bytes", bytes)]));
    }
    for value in [json!("20"), json!(1.5), json!(true)] {
        cases.push((with("timeout_seconds", value), vec![("timeout_seconds", "A valid integer is required.")]));
    }
    cases.extend(parameters.map(|value| (with("parameters", value), vec![("parameters", FORM)])));
    for (body, mistakes) in cases {
        let reply = root.post(TOOLS, body.clone()).await;
        assert_eq!((reply.status, reply.body), (422, invalid(&mistakes)), "{body}");
    }
    assert_eq!(world.rows("tools"), Vec::<Value>::new());
}

#[tokio::test]
async fn names_that_make_the_same_id() {
    let world = World::new();
    let root = world.admin("root").await;
    assert_eq!(add(&root, "weather_now", "Weather now").await.status, 201);
    for name in ["Weather now", "WEATHER NOW", "weather-now", "  weather_now!", "Web Search", "file upload"] {
        let reply = add(&root, "x", name).await;
        assert_eq!((reply.status, reply.body), (409, error(409, "CONFLICT", EXISTS)), "{name}");
    }
    let long = format!("{} {}", "x".repeat(64), "y");
    assert_eq!(add(&root, "x", &long).await.body["id"], "x".repeat(64), "an id has 64 characters at most");
    assert_eq!(add(&root, "x", &format!("{long}z")).await.status, 409);
}
