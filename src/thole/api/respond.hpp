#pragma once
// Turns objects, lists and errors into Responses of the form the client asked for.
// Threads: any; pure but for the call they read.

#include <string>

#include "thole/api/call.hpp"
#include "thole/api/environment.hpp"
#include "thole/message/message.hpp"
#include "thole/store/store.hpp"

namespace thole::api {

// The stored object as the client wants it: itself, its metadata or a table of one row.
message::Response respond_stored(const Call& call, int status, std::string_view name,
                                 const store::Value& value, store::Revision revision);
// An object that is not stored as it is (dry run, a review, a scale).
message::Response respond_value(const Call& call, int status, const codec::Value& object);
// Compact JSON that already is the answer.
message::Response respond_json(const MediaType& media, int status, std::string json);
message::Response respond_error(const MediaType& media, const Error& error);
message::Response respond_text(int status, std::string text);

// Compresses the body if the client takes gzip and it is worth it. Big bodies are packed on the
// Blocking seam.
asio::awaitable<void> compress(const Call& call, const Environment& environment,
                               message::Response& response);

}  // namespace thole::api
