// server: the trait

/// The operations of the document. Extractors never fail: what is wrong with a request is a value that the method
/// answers in the operation's own error body.
#[dropshot::api_description{}]
pub trait Api {
    /// What every method gets.
    type Context;
    fn pet_view(
        rqctx: RequestContext<Self::Context>,
        path: Params<crate::request::Path, params::PetViewPath>,
    ) -> impl ::std::future::Future<
        Output = Result<responses::PetViewResponse, Failure<types::Problem>>,
    > + Send + 'static;
    fn pet_search(
        rqctx: RequestContext<Self::Context>,
        query: Params<crate::request::Query, params::PetSearchQuery>,
    ) -> impl ::std::future::Future<
        Output = Result<
            responses::PetSearchResponse,
            Failure<responses::UndeclaredErrorComponent>,
        >,
    > + Send + 'static;
    fn pet_search_save(
        rqctx: RequestContext<Self::Context>,
        body: Body<types::Pet>,
    ) -> impl ::std::future::Future<
        Output = Result<
            responses::PetSearchSaveResponse,
            Failure<responses::UndeclaredErrorComponent>,
        >,
    > + Send + 'static;
    fn pet_picture(
        rqctx: RequestContext<Self::Context>,
        path: Params<crate::request::Path, params::PetPicturePath>,
    ) -> impl ::std::future::Future<
        Output = Result<
            responses::PetPictureResponse,
            Failure<responses::UndeclaredErrorComponent>,
        >,
    > + Send + 'static;
    fn owner_set(
        rqctx: RequestContext<Self::Context>,
        path: Params<crate::request::Path, params::OwnerSetPath>,
        body: Body<types::Problem>,
    ) -> impl ::std::future::Future<
        Output = Result<
            responses::OwnerSetResponse,
            Failure<responses::UndeclaredErrorComponent>,
        >,
    > + Send + 'static;
    fn owner_delete(
        rqctx: RequestContext<Self::Context>,
        path: Params<crate::request::Path, params::OwnerDeletePath>,
    ) -> impl ::std::future::Future<
        Output = Result<
            responses::OwnerDeleteResponse,
            Failure<responses::UndeclaredErrorComponent>,
        >,
    > + Send + 'static;
    fn owner_view(
        rqctx: RequestContext<Self::Context>,
        path: Params<crate::request::Path, params::OwnerViewPath>,
    ) -> impl ::std::future::Future<
        Output = Result<
            responses::OwnerViewResponse,
            Failure<responses::UndeclaredErrorComponent>,
        >,
    > + Send + 'static;
    #[endpoint{method = GET,
    path = "/owners/"}]
    async fn owner_list(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<
        responses::OwnerListResponse,
        Failure<responses::UndeclaredErrorComponent>,
    >;
    /// Hands `DELETE /owners/{segment1}` on by its path: dropshot knows a literal or one variable at a place, not both.
    #[endpoint{method = DELETE,
    path = "/owners/{segment1}",
    unpublished = true,
    request_body_max_bytes = 65536usize}]
    async fn junction_1(
        rqctx: RequestContext<Self::Context>,
        _request: crate::request::route::Unrouted<Junction1>,
    ) -> Result<::http::Response<::dropshot::Body>, ::dropshot::HttpError> {
        let mut rqctx = rqctx;
        match crate::request::route::template(&rqctx, &["/owners/{ownerId}"]) {
            Some(0usize) => {
                crate::request::route::become_operation(
                    &mut rqctx,
                    "owner_delete",
                    65536usize,
                );
                let path = ::dropshot::SharedExtractor::from_request(&rqctx).await?;
                crate::request::route::answer(Self::owner_delete(rqctx, path).await)
            }
            _ => Err(crate::request::route::no_operation(false)),
        }
    }
    /// Hands `GET /owners/{segment1}` on by its path: dropshot knows a literal or one variable at a place, not both.
    #[endpoint{method = GET,
    path = "/owners/{segment1}",
    unpublished = true,
    request_body_max_bytes = 65536usize}]
    async fn junction_2(
        rqctx: RequestContext<Self::Context>,
        _request: crate::request::route::Unrouted<Junction1>,
    ) -> Result<::http::Response<::dropshot::Body>, ::dropshot::HttpError> {
        let mut rqctx = rqctx;
        match crate::request::route::template(&rqctx, &["/owners/{id}"]) {
            Some(0usize) => {
                crate::request::route::become_operation(
                    &mut rqctx,
                    "owner_view",
                    65536usize,
                );
                let path = ::dropshot::SharedExtractor::from_request(&rqctx).await?;
                crate::request::route::answer(Self::owner_view(rqctx, path).await)
            }
            _ => Err(crate::request::route::no_operation(false)),
        }
    }
    /// Hands `GET /pets/{segment1}` on by its path: dropshot knows a literal or one variable at a place, not both.
    #[endpoint{method = GET,
    path = "/pets/{segment1}",
    unpublished = true,
    request_body_max_bytes = 65536usize}]
    async fn junction_3(
        rqctx: RequestContext<Self::Context>,
        _request: crate::request::route::Unrouted<Junction2>,
    ) -> Result<::http::Response<::dropshot::Body>, ::dropshot::HttpError> {
        let mut rqctx = rqctx;
        match crate::request::route::template(
            &rqctx,
            &["/pets/search", "/pets/{name}.{extension}", "/pets/{petId}"],
        ) {
            Some(0usize) => {
                crate::request::route::become_operation(
                    &mut rqctx,
                    "pet_search",
                    65536usize,
                );
                let query = ::dropshot::SharedExtractor::from_request(&rqctx).await?;
                crate::request::route::answer(Self::pet_search(rqctx, query).await)
            }
            Some(1usize) => {
                crate::request::route::become_operation(
                    &mut rqctx,
                    "pet_picture",
                    65536usize,
                );
                let path = ::dropshot::SharedExtractor::from_request(&rqctx).await?;
                crate::request::route::answer(Self::pet_picture(rqctx, path).await)
            }
            Some(2usize) => {
                crate::request::route::become_operation(
                    &mut rqctx,
                    "pet_view",
                    65536usize,
                );
                let path = ::dropshot::SharedExtractor::from_request(&rqctx).await?;
                crate::request::route::answer(Self::pet_view(rqctx, path).await)
            }
            _ => Err(crate::request::route::no_operation(false)),
        }
    }
    /// Hands `POST /pets/{segment1}` on by its path: dropshot knows a literal or one variable at a place, not both.
    #[endpoint{method = POST,
    path = "/pets/{segment1}",
    unpublished = true,
    request_body_max_bytes = 65536usize}]
    async fn junction_4(
        rqctx: RequestContext<Self::Context>,
        request: crate::request::route::Unrouted<Junction2>,
    ) -> Result<::http::Response<::dropshot::Body>, ::dropshot::HttpError> {
        let mut rqctx = rqctx;
        match crate::request::route::template(
            &rqctx,
            &["/pets/search", "/pets/{name}.{extension}", "/pets/{petId}"],
        ) {
            Some(0usize) => {
                crate::request::route::become_operation(
                    &mut rqctx,
                    "pet_search_save",
                    65536usize,
                );
                let body = ::dropshot::ExclusiveExtractor::from_request(
                        &rqctx,
                        request.into_inner(),
                    )
                    .await?;
                crate::request::route::answer(Self::pet_search_save(rqctx, body).await)
            }
            Some(_) => Err(crate::request::route::no_operation(true)),
            _ => Err(crate::request::route::no_operation(false)),
        }
    }
    /// Hands `PUT /pets/{segment1}/owner` on by its path: dropshot knows a literal or one variable at a place, not both.
    #[endpoint{method = PUT,
    path = "/pets/{segment1}/owner",
    unpublished = true,
    request_body_max_bytes = 65536usize}]
    async fn junction_5(
        rqctx: RequestContext<Self::Context>,
        request: crate::request::route::Unrouted<Junction3>,
    ) -> Result<::http::Response<::dropshot::Body>, ::dropshot::HttpError> {
        let mut rqctx = rqctx;
        match crate::request::route::template(&rqctx, &["/pets/{pet}/owner/"]) {
            Some(0usize) => {
                crate::request::route::become_operation(
                    &mut rqctx,
                    "owner_set",
                    65536usize,
                );
                let path = ::dropshot::SharedExtractor::from_request(&rqctx).await?;
                let body = ::dropshot::ExclusiveExtractor::from_request(
                        &rqctx,
                        request.into_inner(),
                    )
                    .await?;
                crate::request::route::answer(Self::owner_set(rqctx, path, body).await)
            }
            _ => Err(crate::request::route::no_operation(false)),
        }
    }
}

// server: what is implemented

/// The operations of the document. Each handler gets what the checks before it have found out, and a request that is
/// as the document says.
///
/// Defined at `routes.yaml:6`.
pub trait Service: Serve<Refusal: ErrorFor<types::Problem>> {
    /// `GET /pets/{petId}`, defined at `routes.yaml:8`.
    fn pet_view(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::PetView, Anonymous>,
        path: params::PetViewPath,
    ) -> impl Future<Output = Result<responses::PetViewResponse, Self::Error>> + Send;
    /// `GET /pets/search`, defined at `routes.yaml:15`.
    fn pet_search(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::PetSearch, Anonymous>,
        query: params::PetSearchQuery,
    ) -> impl Future<Output = Result<responses::PetSearchResponse, Self::Error>> + Send;
    /// `POST /pets/search`, defined at `routes.yaml:20`.
    fn pet_search_save(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::PetSearchSave, Anonymous>,
        body: types::Pet,
    ) -> impl Future<
        Output = Result<responses::PetSearchSaveResponse, Self::Error>,
    > + Send;
    /// `GET /pets/{name}.{extension}`, defined at `routes.yaml:26`.
    fn pet_picture(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::PetPicture, Anonymous>,
        path: params::PetPicturePath,
    ) -> impl Future<Output = Result<responses::PetPictureResponse, Self::Error>> + Send;
    /// `PUT /pets/{pet}/owner/`, defined at `routes.yaml:34`.
    fn owner_set(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::OwnerSet, Anonymous>,
        path: params::OwnerSetPath,
        body: types::Problem,
    ) -> impl Future<Output = Result<responses::OwnerSetResponse, Self::Error>> + Send;
    /// `DELETE /owners/{ownerId}`, defined at `routes.yaml:41`.
    fn owner_delete(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::OwnerDelete, Anonymous>,
        path: params::OwnerDeletePath,
    ) -> impl Future<
        Output = Result<responses::OwnerDeleteResponse, Self::Error>,
    > + Send;
    /// `GET /owners/{id}`, defined at `routes.yaml:47`.
    fn owner_view(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::OwnerView, Anonymous>,
        path: params::OwnerViewPath,
    ) -> impl Future<Output = Result<responses::OwnerViewResponse, Self::Error>> + Send;
    /// `GET /owners/`, defined at `routes.yaml:53`.
    fn owner_list(
        rqctx: &RequestContext<Self::Context>,
        permit: Permit<op::OwnerList, Anonymous>,
    ) -> impl Future<Output = Result<responses::OwnerListResponse, Self::Error>> + Send;
}

// server: parameters

///Path parameters of `pet_view`, `routes.yaml:8`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct PetViewPath {
    ///`petId`. (`routes.yaml:10`)
    #[serde(rename = "petId")]
    pub pet_id: i64,
}
///Query parameters of `pet_search`, `routes.yaml:15`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct PetSearchQuery {
    ///`status`. (`routes.yaml:17`)
    #[serde(rename = "status", default)]
    pub status: Option<Vec<String>>,
}
///Path parameters of `pet_picture`, `routes.yaml:26`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct PetPicturePath {
    ///`name`. (`routes.yaml:29`)
    #[serde(rename = "name")]
    pub name: String,
    ///`extension`. (`routes.yaml:30`)
    #[serde(rename = "extension")]
    pub extension: String,
}
///Path parameters of `owner_set`, `routes.yaml:34`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct OwnerSetPath {
    ///`pet`. (`routes.yaml:36`)
    #[serde(rename = "pet")]
    pub pet: i64,
}
///Path parameters of `owner_delete`, `routes.yaml:41`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct OwnerDeletePath {
    ///`ownerId`. (`routes.yaml:43`)
    #[serde(rename = "ownerId")]
    pub owner_id: i64,
}
///Path parameters of `owner_view`, `routes.yaml:47`.
#[derive(Clone, Debug, ::serde::Deserialize)]
pub struct OwnerViewPath {
    ///`id`. (`routes.yaml:49`)
    #[serde(rename = "id")]
    pub id: i64,
}

// server: answers

///Answers of `pet_view`, `routes.yaml:8`.
#[derive(Clone, Debug)]
pub enum PetViewResponse {
    ///200: A pet. (`routes.yaml:12`)
    Ok(types::Pet),
    ///404: No such pet. (`routes.yaml:13`)
    NotFound(types::Problem),
}
///Answers of `pet_search`, `routes.yaml:15`.
#[derive(Clone, Debug)]
pub enum PetSearchResponse {
    ///200: Pets. (`routes.yaml:19`)
    Ok(types::PetSearchResponse),
}
///Answers of `pet_search_save`, `routes.yaml:20`.
#[derive(Clone, Debug)]
pub enum PetSearchSaveResponse {
    ///204: Saved. (`routes.yaml:24`)
    NoContent,
}
///Answers of `pet_picture`, `routes.yaml:26`.
#[derive(Debug)]
pub enum PetPictureResponse {
    ///200: A picture. (`routes.yaml:32`)
    Ok(Raw),
}
///Answers of `owner_set`, `routes.yaml:34`.
#[derive(Clone, Debug)]
pub enum OwnerSetResponse {
    ///204: Set. (`routes.yaml:39`)
    NoContent,
}
///Answers of `owner_delete`, `routes.yaml:41`.
#[derive(Clone, Debug)]
pub enum OwnerDeleteResponse {
    ///204: Gone. (`routes.yaml:45`)
    NoContent,
}
///Answers of `owner_view`, `routes.yaml:47`.
#[derive(Clone, Debug)]
pub enum OwnerViewResponse {
    ///204: It is there. (`routes.yaml:51`)
    NoContent,
}
///Answers of `owner_list`, `routes.yaml:53`.
#[derive(Clone, Debug)]
pub enum OwnerListResponse {
    ///204: None. (`routes.yaml:56`)
    NoContent,
}
///The response component `UndeclaredError` in dropshot's document.
#[derive(Clone, Copy, Debug)]
pub enum UndeclaredErrorComponent {}

// client: methods

impl crate::Client {
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /pets/{petId}`, defined at `routes.yaml:8`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.pet_view(1).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn pet_view(&self, pet_id: i64) -> Call<PetView> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /pets/search`, defined at `routes.yaml:15`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.pet_search().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn pet_search(&self) -> Call<PetSearch> {}
    ///
    ///
    /// Sent again only if no connection came about.
    ///
    /// `POST /pets/search`, defined at `routes.yaml:20`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use client_crate::types;
    ///
    /// let body = client_crate::serde_json::from_str::<types::Pet>(
    ///     r#"null"#,
    /// )?;
    /// let answer = client.pet_search_save(body).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn pet_search_save(
        &self,
        body: impl IntoBody<types::Pet>,
    ) -> Call<PetSearchSave> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /pets/{name}.{extension}`, defined at `routes.yaml:26`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.pet_picture("the-name", "the-extension").await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn pet_picture(
        &self,
        name: impl Into<String>,
        extension: impl Into<String>,
    ) -> Call<PetPicture> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `PUT /pets/{pet}/owner/`, defined at `routes.yaml:34`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use client_crate::types;
    ///
    /// let body = client_crate::serde_json::from_str::<types::Problem>(
    ///     r#"null"#,
    /// )?;
    /// let answer = client.owner_set(1, body).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn owner_set(
        &self,
        pet: i64,
        body: impl IntoBody<types::Problem>,
    ) -> Call<OwnerSet> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `DELETE /owners/{ownerId}`, defined at `routes.yaml:41`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.owner_delete(1).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn owner_delete(&self, owner_id: i64) -> Call<OwnerDelete> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /owners/{id}`, defined at `routes.yaml:47`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.owner_view(1).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn owner_view(&self, id: i64) -> Call<OwnerView> {}
    ///
    ///
    /// Sent again when it may help: twice is as good as once.
    ///
    /// `GET /owners/`, defined at `routes.yaml:53`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.owner_list().await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn owner_list(&self) -> Call<OwnerList> {}
}
impl Call<PetSearch> {
    /// Sets `status`.
    ///
    /// Defined at `routes.yaml:17`.
    ///
    /// ```no_run
    /// # async fn run(client: client_crate::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.pet_search().status(client_crate::serde_json::from_str(r#"null"#)?).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    pub fn status(mut self, value: ::std::vec::Vec<::std::string::String>) -> Self {}
}

// client: errors

/// What [`Client::pet_view`](crate::Client::pet_view), defined at `routes.yaml:8`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PetViewError {
    /// 404: No such pet. (`routes.yaml:13`)
    NotFound(types::Problem),
}
/// What [`Client::pet_search`](crate::Client::pet_search), defined at `routes.yaml:15`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PetSearchError {}
/// What [`Client::pet_search_save`](crate::Client::pet_search_save), defined at `routes.yaml:20`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PetSearchSaveError {}
/// What [`Client::pet_picture`](crate::Client::pet_picture), defined at `routes.yaml:26`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PetPictureError {}
/// What [`Client::owner_set`](crate::Client::owner_set), defined at `routes.yaml:34`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum OwnerSetError {}
/// What [`Client::owner_delete`](crate::Client::owner_delete), defined at `routes.yaml:41`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum OwnerDeleteError {}
/// What [`Client::owner_view`](crate::Client::owner_view), defined at `routes.yaml:47`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum OwnerViewError {}
/// What [`Client::owner_list`](crate::Client::owner_list), defined at `routes.yaml:53`, answers when it does not succeed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum OwnerListError {}

// dropshot cannot say: added-error at /paths/~1owners~1/get/responses
// dropshot cannot say: path-conflict at /paths/~1owners~1{id}/get, /paths/~1owners~1{ownerId}/delete, /paths/~1pets~1search/get, /paths/~1pets~1search/post, /paths/~1pets~1{name}.{extension}/get, /paths/~1pets~1{petId}/get, /paths/~1pets~1{pet}~1owner~1/put
// dropshot cannot say: unused-schema at /components/schemas/Pet, /components/schemas/Problem
