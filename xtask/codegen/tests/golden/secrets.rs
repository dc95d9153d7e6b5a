// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    #[endpoint{method = POST,
    path = "/secrets/{id}",
    request_body_max_bytes = 65536usize}]
    async fn keep_secret(
        rqctx: RequestContext<Self::Context>,
        path: Params<crate::request::Path, params::KeepSecretPath>,
        query: Params<crate::request::Query, params::KeepSecretQuery>,
        body: Body<types::Secret>,
    ) -> Result<
        responses::KeepSecretResponse,
        Failure<responses::UndeclaredErrorComponent>,
    >;
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `secrets.yaml:6`.
pub trait Service: Serve {
    /// `POST /secrets/{id}`, defined at `secrets.yaml:8`.
    fn keep_secret(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::KeepSecret, Anonymous>,
        path: params::KeepSecretPath,
        query: params::KeepSecretQuery,
        body: types::Secret,
    ) -> impl Future<Output = Result<responses::KeepSecretResponse, Self::Error>> + Send;
}

// server: parameters

///Path parameters of `keep_secret`, `secrets.yaml:8`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct KeepSecretPath {
    ///`id`. (`secrets.yaml:11`)
    #[serde(rename = "id")]
    pub id: crate::sensitive::Sensitive<i64>,
}
///Query parameters of `keep_secret`, `secrets.yaml:8`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct KeepSecretQuery {
    ///`hint`. (`secrets.yaml:12`)
    #[serde(rename = "hint", default)]
    pub hint: Option<crate::sensitive::Sensitive<String>>,
}

// server: answers

///Answers of `keep_secret`, `secrets.yaml:8`.
#[derive(Clone, Debug)]
pub enum KeepSecretResponse {
    ///201: done (`secrets.yaml:15`)
    Created {
        ///Header `Location` (`secrets.yaml:18`).
        location: crate::sensitive::Sensitive<String>,
        ///Header `X-Turn` (`secrets.yaml:19`).
        x_turn: Option<crate::sensitive::Sensitive<i64>>,
        /// The body.
        body: types::Vault,
    },
}
///The response component `UndeclaredError` in dropshot's document.
#[derive(Clone, Copy, Debug)]
pub enum UndeclaredErrorComponent {}

// client: methods

impl crate::Client {
    ///
    ///
    /// Sent again only if no connection came about.
    ///
    /// `POST /secrets/{id}`, defined at `secrets.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use client_crate::types;
    ///
    /// let body = client_crate::serde_json::from_str::<types::Secret>(
    ///     r#"null"#,
    /// )?;
    /// let answer = client.keep_secret(1, body).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn keep_secret(
        &self,
        id: i64,
        body: impl IntoBody<types::Secret>,
    ) -> Call<KeepSecret> {}
}
impl Call<KeepSecret> {
    /// Sets `hint`.
    ///
    /// Defined at `secrets.yaml:12`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use client_crate::types;
    ///
    /// let body = client_crate::serde_json::from_str::<types::Secret>(
    ///     r#"null"#,
    /// )?;
    /// let answer = client.keep_secret(1, body).hint("the-hint").await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn hint(mut self, value: impl Into<String>) -> Self {}
}

// client: errors

/// What [`Client::keep_secret`](crate::Client::keep_secret), defined at `secrets.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum KeepSecretError {}

// dropshot cannot say: added-error at /paths/~1secrets~1{id}/post/responses
// dropshot cannot say: extension at /paths/~1secrets~1{id}/post/parameters/0/x-sensitive, /paths/~1secrets~1{id}/post/responses/201/headers/Location/x-sensitive, /paths/~1secrets~1{id}/post/responses/201/headers/X-Turn/x-sensitive
