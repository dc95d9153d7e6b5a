-- The sweep removes tokens of sign-ins whose time is over.
CREATE INDEX api_tokens_of_sessions_by_end ON api_tokens (expires_at) WHERE session_id IS NOT NULL;
