#include "thole/real/os.hpp"

#include <unistd.h>

#include <system_error>

#include "thole/base/text.hpp"

namespace thole::real {

void Fd::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::string words_of(int error) { return std::generic_category().message(error); }

std::unexpected<Error> os_error(std::string_view what, std::string_view path, int error) {
  return fail(error == ENOENT ? ErrorKind::NotFound : ErrorKind::InternalError,
              cat(what, " ", path, ": ", words_of(error)));
}

}  // namespace thole::real
