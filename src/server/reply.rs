//! The answers of the registry: a status, headers and a body, or an error as the protocol spells it.

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;

// See: OCI distribution-spec, "Error Codes"
pub(super) fn error(status: StatusCode, code: &str, message: &str) -> Response {
    let body = serde_json::json!({"errors": [{"code": code, "message": message}]}).to_string();
    json(status, body)
}

pub(super) fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    respond(status, &[("content-type", "application/json")], body.into())
}

pub(super) fn respond(status: StatusCode, headers: &[(&str, &str)], body: Body) -> Response {
    let builder = headers
        .iter()
        .fold(Response::builder().status(status), |builder, (name, value)| builder.header(*name, *value));
    builder.body(body).unwrap_or_else(|_| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
