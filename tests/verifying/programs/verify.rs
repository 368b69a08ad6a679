// Runs the Rust libraries over the cases of a file, and prints what each does as JSON.
use base64::{engine::general_purpose::STANDARD, Engine};
use cloudevents::{binding::http::to_event, AttributesReader, Event};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{json, Map, Value};
use standardwebhooks::Webhook;

fn headers_of(case: &Value) -> HeaderMap {
    let given = case["headers"].as_object().unwrap().iter();
    given
        .map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_str(value.as_str().unwrap()).unwrap())
        })
        .collect()
}

fn verified(case: &Value, body: &[u8]) -> String {
    let webhook = match Webhook::new(case["secret"].as_str().unwrap()) {
        Ok(webhook) => webhook,
        Err(error) => return format!("error: {error}"),
    };
    match webhook.verify(body, &headers_of(case)) {
        Ok(()) => "returns nothing".into(),
        Err(error) => format!("error: {error}"),
    }
}

fn read(case: &Value, body: Vec<u8>) -> String {
    let found: Result<Event, _> = to_event(&headers_of(case), body);
    match found {
        Ok(event) => {
            let has_data = if event.data().is_some() { "some" } else { "none" };
            format!("returns an event: {}, data {has_data}", event.ty())
        }
        Err(error) => format!("error: {error}"),
    }
}

fn main() {
    let path = std::env::args().nth(1).unwrap();
    let cases: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let (mut signatures, mut events) = (Map::new(), Map::new());
    for case in cases.as_array().unwrap() {
        let name = case["name"].as_str().unwrap().to_string();
        let body = STANDARD.decode(case["body"].as_str().unwrap()).unwrap();
        if case["secret"] == "" {
            events.insert(name, read(case, body).into());
        } else {
            signatures.insert(name, verified(case, &body).into());
        }
    }
    let webhooks = concat!("standardwebhooks ", env!("STANDARDWEBHOOKS"));
    let sdk = concat!("cloudevents-sdk ", env!("CLOUDEVENTS"));
    println!("{:#}", json!({"Rust": {webhooks: signatures, sdk: events}}));
}
