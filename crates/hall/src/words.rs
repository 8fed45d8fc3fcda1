//! Words of a closed list, as the description of the API names them.
//!
//! A field that holds one word of a few says which they are, so that the client
//! generated from the description knows them too. The words come from the code
//! that writes them and are not listed a second time.

use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{RefOr, schema::SchemaType};

/// The schema of a text that is one of the words.
pub fn schema(description: &str, words: impl IntoIterator<Item = &'static str>) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .description(Some(description.trim()))
        .enum_values(Some(words))
        .into()
}

/// Names a closed list of words for `#[schema(value_type = …)]`.
///
/// ```
/// hall::words! {
///     /// How deep a code goes.
///     pub AreaLevelWord = ["province", "regency"]
/// }
/// ```
#[macro_export]
macro_rules! words {
    ($(#[doc = $doc:literal])+ $vis:vis $name:ident = $words:expr) => {
        $(#[doc = $doc])+
        #[derive(Debug)]
        $vis enum $name {}

        impl ::utoipa::PartialSchema for $name {
            fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::schema::Schema> {
                $crate::words::schema(concat!($($doc),+), $words)
            }
        }

        impl ::utoipa::ToSchema for $name {
            fn name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use utoipa::{PartialSchema as _, ToSchema as _};

    crate::words! {
        /// How it is.
        Mood = ["calm", "loud"]
    }

    #[test]
    fn the_description_names_each_word() {
        assert_eq!(Mood::name(), "Mood");
        let told = serde_json::to_value(Mood::schema()).expect("a schema");
        assert_eq!(
            told,
            serde_json::json!({
                "type": "string", "description": "How it is.", "enum": ["calm", "loud"],
            })
        );
    }
}
