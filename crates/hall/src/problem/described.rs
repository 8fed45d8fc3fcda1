//! What an operation's description says about failures.
//!
//! Most follow from who may call an operation and from what it takes, so a new
//! route has them without writing them down. What follows from its merits (the
//! short name is taken, the camera is silent) stands at its handler.

use axum::http::StatusCode;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::response::Response;
use utoipa::openapi::{OpenApi, Ref, RefOr};
use utoipa::{PartialSchema as _, ToSchema};

use super::{Body, PROBLEM_TYPE};

/// Who may call an operation, as far as its failures depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caller {
    /// Whether credentials are asked for.
    pub(crate) known: bool,
    /// Whether a permission is asked for.
    pub(crate) permitted: bool,
}

/// What of an operation makes it fail so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// It is asked at all.
    Asked,
    /// It asks for credentials.
    Known,
    /// It asks for a permission.
    Permitted,
    /// It changes something.
    Changes,
    /// A part of its path names a thing.
    Names,
    /// It has a query.
    Query,
    /// It has a body.
    Body,
    /// It knows whether it was here before.
    Keyed,
}

/// A failure that operations have in common.
struct Failure {
    /// What it is called among the responses of a description.
    name: &'static str,
    status: StatusCode,
    text: &'static str,
    /// Any of these will do.
    causes: &'static [Cause],
}

const FAILURES: &[Failure] = &[
    Failure {
        name: "Unreadable",
        status: StatusCode::BAD_REQUEST,
        text: "the body cannot be read",
        causes: &[Cause::Body],
    },
    Failure {
        name: "NotSignedIn",
        status: StatusCode::UNAUTHORIZED,
        text: "no valid credentials",
        causes: &[Cause::Known],
    },
    Failure {
        name: "NotAllowed",
        status: StatusCode::FORBIDDEN,
        text: "not allowed, or sent by a page of another site",
        causes: &[Cause::Permitted, Cause::Changes],
    },
    Failure {
        name: "NotFound",
        status: StatusCode::NOT_FOUND,
        text: "no such thing, or none that the caller may know of",
        causes: &[Cause::Names],
    },
    Failure {
        name: "Conflict",
        status: StatusCode::CONFLICT,
        text: "it contradicts what is there, or its key was used for something else",
        causes: &[Cause::Keyed],
    },
    Failure {
        name: "TooLarge",
        status: StatusCode::PAYLOAD_TOO_LARGE,
        text: "the body is larger than is read here",
        causes: &[Cause::Body],
    },
    Failure {
        name: "MediaType",
        status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
        text: "another content type is read here",
        causes: &[Cause::Body],
    },
    Failure {
        name: "Form",
        status: StatusCode::UNPROCESSABLE_ENTITY,
        text: "a field or parameter cannot stand; `errors` names each",
        causes: &[Cause::Body, Cause::Query, Cause::Keyed],
    },
    Failure {
        name: "Exhausted",
        status: StatusCode::TOO_MANY_REQUESTS,
        text: "a limit is reached",
        causes: &[],
    },
    Failure {
        name: "Unavailable",
        status: StatusCode::SERVICE_UNAVAILABLE,
        text: "something that is needed does not answer; `Retry-After` says when to come back",
        causes: &[Cause::Asked],
    },
    Failure {
        name: "Full",
        status: StatusCode::INSUFFICIENT_STORAGE,
        text: "the disk is full; nothing was written",
        causes: &[Cause::Changes],
    },
];

/// Puts into a description how the operation can fail, each failure as a problem.
/// What its handler says of a failure in words of its own stands.
pub(crate) fn describe(operation: &mut Operation, caller: Caller, changes: bool) {
    let causes = causes(operation, caller, changes);
    let responses = &mut operation.responses.responses;
    for failure in FAILURES {
        if failure.causes.iter().any(|cause| causes.contains(cause)) {
            responses
                .entry(failure.status.as_str().to_owned())
                .or_insert_with(|| Response::new("").into());
        }
    }
    for (status, response) in responses.range_mut("4".to_owned()..) {
        let RefOr::T(own) = response else { continue };
        let known = FAILURES
            .iter()
            .find(|failure| failure.status.as_str() == status);
        match known {
            Some(failure) if own.description.is_empty() && own.content.is_empty() => {
                *response = Ref::from_response_name(failure.name).into();
            }
            _ if own.content.is_empty() => as_problem(own),
            _ => {}
        }
    }
}

fn causes(operation: &Operation, caller: Caller, changes: bool) -> Vec<Cause> {
    let parameters = || {
        let all = operation.parameters.iter().flatten();
        all.filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        })
    };
    let takes = |place| parameters().any(|parameter| parameter.parameter_in == place);
    let key = crate::idempotency::HEADER;
    let keyed = parameters().any(|parameter| parameter.name.eq_ignore_ascii_case(key));
    [
        (Cause::Asked, true),
        (Cause::Known, caller.known),
        (Cause::Permitted, caller.permitted),
        (Cause::Changes, changes),
        (Cause::Names, takes(ParameterIn::Path)),
        (Cause::Query, takes(ParameterIn::Query)),
        (Cause::Body, operation.request_body.is_some()),
        (Cause::Keyed, keyed),
    ]
    .into_iter()
    .filter_map(|(cause, is_there)| is_there.then_some(cause))
    .collect()
}

fn as_problem(response: &mut Response) {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(Body::name())))
        .build();
    response
        .content
        .insert(PROBLEM_TYPE.to_owned(), content.into());
}

/// Puts into a description what those of its operations refer to.
pub fn put_parts(description: &mut OpenApi) {
    let components = description.components.get_or_insert_default();
    let mut schemas = vec![(Body::name().into_owned(), Body::schema())];
    Body::schemas(&mut schemas);
    components.schemas.extend(schemas);
    for failure in FAILURES {
        let mut response = Response::new(failure.text);
        as_problem(&mut response);
        components
            .responses
            .insert(failure.name.to_owned(), response.into());
    }
}

#[cfg(test)]
mod tests {
    use utoipa::openapi::path::{OperationBuilder, ParameterBuilder};
    use utoipa::openapi::request_body::RequestBodyBuilder;

    use super::*;

    const NOBODY: Caller = Caller {
        known: false,
        permitted: false,
    };
    const HOLDER: Caller = Caller {
        known: true,
        permitted: true,
    };

    fn statuses(operation: OperationBuilder, caller: Caller, changes: bool) -> String {
        let mut operation = operation.build();
        describe(&mut operation, caller, changes);
        let statuses: Vec<_> = operation.responses.responses.into_keys().collect();
        statuses.join(" ")
    }

    fn parameter(name: &str, place: ParameterIn) -> ParameterBuilder {
        ParameterBuilder::new().name(name).parameter_in(place)
    }

    #[test]
    fn failures_follow_from_what_an_operation_takes() {
        let plain = || OperationBuilder::new().response("200", Response::new("well"));
        assert_eq!(statuses(plain(), NOBODY, false), "200 503");
        assert_eq!(statuses(plain(), HOLDER, false), "200 401 403 503");
        let full = OperationBuilder::new()
            .response("204", Response::new("done"))
            .parameter(parameter("camera", ParameterIn::Path))
            .parameter(parameter("Idempotency-Key", ParameterIn::Header))
            .request_body(Some(RequestBodyBuilder::new().build()));
        assert_eq!(
            statuses(full, HOLDER, true),
            "204 400 401 403 404 409 413 415 422 503 507"
        );
        let query = OperationBuilder::new().parameter(parameter("limit", ParameterIn::Query));
        assert_eq!(statuses(query, NOBODY, false), "422 503");
    }

    #[test]
    fn a_failure_is_a_problem_and_what_a_handler_says_of_it_stands() {
        let mut operation = OperationBuilder::new()
            .response("404", Response::new(""))
            .response("409", Response::new("the camera is in use"))
            .response("418", Response::new(""))
            .build();
        describe(&mut operation, NOBODY, false);
        let mut description = OpenApi::default();
        put_parts(&mut description);
        let parts = description.components.expect("parts").responses;
        let mut said = Vec::new();
        for (status, response) in operation.responses.responses {
            let response = match response {
                RefOr::T(own) => own,
                RefOr::Ref(named) => {
                    let (_, name) = named.ref_location.rsplit_once('/').expect("a path");
                    match parts[name].clone() {
                        RefOr::T(part) => part,
                        RefOr::Ref(_) => panic!("a part that is none"),
                    }
                }
            };
            assert!(response.content.contains_key(PROBLEM_TYPE), "{status}");
            said.push((status, response.description));
        }
        let text = |status: &str| {
            let (_, text) = said.iter().find(|(said, _)| said == status).expect("said");
            text.as_str()
        };
        assert_eq!(text("409"), "the camera is in use");
        assert!(text("404").starts_with("no such thing"));
        assert_eq!(said.len(), 4, "{said:?}");
    }
}
