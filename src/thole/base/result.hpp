#pragma once
// Result<T> is how every thole function reports a failure it expects: the value, or an Error.
// A broken invariant isn't an Error: it is a bug, and THOLE_ASSERT stops the process.

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace thole {

// One vocabulary from the disk to the HTTP response. Each kind is a metav1.StatusReason and has
// that reason's HTTP code (k8s.io/apimachinery/pkg/apis/meta/v1, type StatusReason).
enum class ErrorKind : std::uint8_t {
  Unknown,                // 500, no reason
  BadRequest,             // 400
  Unauthorized,           // 401
  Forbidden,              // 403
  NotFound,               // 404
  MethodNotAllowed,       // 405
  NotAcceptable,          // 406
  AlreadyExists,          // 409
  Conflict,               // 409
  Gone,                   // 410
  Expired,                // 410
  RequestEntityTooLarge,  // 413
  UnsupportedMediaType,   // 415
  Invalid,                // 422
  TooManyRequests,        // 429
  InternalError,          // 500
  ServerTimeout,          // 500
  ServiceUnavailable,     // 503
  Timeout,                // 504
  Canceled,               // Never on the wire: the waiting side has gone away.
};

// The reason as it stands in a Status, for example "AlreadyExists"; empty for Unknown.
std::string_view reason_of(ErrorKind kind);
int http_code_of(ErrorKind kind);

// metav1.StatusCause.
struct ErrorCause {
  std::string reason;
  std::string message;
  std::string field;
  bool operator==(const ErrorCause&) const = default;
};

// metav1.StatusDetails.
struct ErrorDetails {
  std::string name;
  std::string group;
  std::string kind;
  std::string uid;
  std::vector<ErrorCause> causes;
  int retry_after_seconds = 0;
};

struct Error {
  ErrorKind kind = ErrorKind::Unknown;
  std::string message;
  std::shared_ptr<const ErrorDetails> details;  // Null when there is nothing to add.
  int code = 0;                                 // Overrides http_code_of(kind) when not 0.

  int http_code() const { return code != 0 ? code : http_code_of(kind); }
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return std::unexpected(Error{kind, std::move(message), nullptr, 0});
}
inline std::unexpected<Error> fail(ErrorKind kind, std::string message, ErrorDetails details) {
  return std::unexpected(
      Error{kind, std::move(message), std::make_shared<const ErrorDetails>(std::move(details)), 0});
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

[[noreturn]] void broken_invariant(const char* file, int line, const char* condition);

}  // namespace thole

// THOLE_TRY(auto page, log.read_after(since, 100));  declares `page`, or returns the error.
// THOLE_CHECK(log.flush());                          returns the error of a Result<void>.
//
// They expand to statements, not to an expression: a co_await inside a statement expression is
// not portable. Use the THOLE_CO_ forms in a coroutine.
#define THOLE_TRY(declaration, ...) THOLE_TRY_(declaration, (__VA_ARGS__), return, __COUNTER__)
#define THOLE_CO_TRY(declaration, ...) \
  THOLE_TRY_(declaration, (__VA_ARGS__), co_return, __COUNTER__)
#define THOLE_CHECK(...) THOLE_CHECK_((__VA_ARGS__), return, __COUNTER__)
#define THOLE_CO_CHECK(...) THOLE_CHECK_((__VA_ARGS__), co_return, __COUNTER__)

#define THOLE_TRY_(declaration, expression, leave, n) THOLE_TRY_N(declaration, expression, leave, n)
#define THOLE_TRY_N(declaration, expression, leave, n)                         \
  auto thole_try_##n = expression;                                             \
  if (!thole_try_##n) leave std::unexpected(std::move(thole_try_##n).error()); \
  declaration = *std::move(thole_try_##n)
#define THOLE_CHECK_(expression, leave, n) THOLE_CHECK_N(expression, leave, n)
#define THOLE_CHECK_N(expression, leave, n)                \
  if (auto thole_check_##n = expression; !thole_check_##n) \
  leave std::unexpected(std::move(thole_check_##n).error())

// Stays on in every build type: a release stops at the first broken invariant too.
#define THOLE_ASSERT(condition)                                  \
  do {                                                           \
    if (!(condition)) [[unlikely]]                               \
      ::thole::broken_invariant(__FILE__, __LINE__, #condition); \
  } while (false)
