#include "thole/base/result.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace thole {
namespace {

struct Row {
  std::string_view reason;
  int code;
};

// In the order of ErrorKind.
constexpr std::array<Row, 20> kRows = {{
    {"", 500},
    {"BadRequest", 400},
    {"Unauthorized", 401},
    {"Forbidden", 403},
    {"NotFound", 404},
    {"MethodNotAllowed", 405},
    {"NotAcceptable", 406},
    {"AlreadyExists", 409},
    {"Conflict", 409},
    {"Gone", 410},
    {"Expired", 410},
    {"RequestEntityTooLarge", 413},
    {"UnsupportedMediaType", 415},
    {"Invalid", 422},
    {"TooManyRequests", 429},
    {"InternalError", 500},
    {"ServerTimeout", 500},
    {"ServiceUnavailable", 503},
    {"Timeout", 504},
    {"", 499},
}};
static_assert(static_cast<std::size_t>(ErrorKind::Canceled) + 1 == kRows.size());

const Row& row_of(ErrorKind kind) { return kRows[static_cast<std::size_t>(kind)]; }

}  // namespace

std::string_view reason_of(ErrorKind kind) { return row_of(kind).reason; }
int http_code_of(ErrorKind kind) { return row_of(kind).code; }

void broken_invariant(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, condition);
  std::abort();
}

}  // namespace thole
