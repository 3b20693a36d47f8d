#include "thole/codec/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "thole/base/text.hpp"

namespace thole::codec {
namespace {

constexpr int gzip_window_bits = 15 + 16;  // 16 asks zlib for the gzip wrapper.
constexpr std::size_t first_guess = 16 * 1024;

// zlib counts input in 32 bits, so longer input goes in by pieces.
unsigned next_piece(std::size_t left) {
  return static_cast<unsigned>(
      std::min<std::size_t>(left, std::numeric_limits<unsigned>::max() / 2));
}

Bytef* bytes_of(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

}  // namespace

std::string gzip(std::string_view plain, int level) {
  z_stream stream{};
  THOLE_ASSERT(deflateInit2(&stream, level, Z_DEFLATED, gzip_window_bits, 8, Z_DEFAULT_STRATEGY) ==
               Z_OK);
  std::string packed(std::max(first_guess, plain.size() / 8), '\0');
  std::size_t done = 0;
  int state = Z_OK;
  while (state != Z_STREAM_END) {
    if (stream.avail_in == 0 && !plain.empty()) {
      stream.next_in = bytes_of(plain);
      stream.avail_in = next_piece(plain.size());
      plain.remove_prefix(stream.avail_in);
    }
    if (done == packed.size()) packed.resize(packed.size() * 2);
    stream.next_out = bytes_of(packed) + done;
    stream.avail_out = next_piece(packed.size() - done);
    const unsigned room = stream.avail_out;
    state = deflate(&stream, plain.empty() ? Z_FINISH : Z_NO_FLUSH);
    THOLE_ASSERT(state == Z_OK || state == Z_STREAM_END || state == Z_BUF_ERROR);
    done += room - stream.avail_out;
  }
  deflateEnd(&stream);
  packed.resize(done);
  return packed;
}

Result<std::string> gunzip(std::string_view packed, std::size_t size_max) {
  z_stream stream{};
  THOLE_ASSERT(inflateInit2(&stream, gzip_window_bits) == Z_OK);
  std::string plain;
  std::size_t done = 0;
  int state = Z_OK;
  for (;;) {
    if (stream.avail_in == 0 && !packed.empty()) {
      stream.next_in = bytes_of(packed);
      stream.avail_in = next_piece(packed.size());
      packed.remove_prefix(stream.avail_in);
    }
    if (done == plain.size()) {
      // One byte past the bound tells a body at the bound from a longer one.
      plain.resize(std::min(size_max + 1, std::max(first_guess, plain.size() * 2)));
    }
    stream.next_out = bytes_of(plain) + done;
    stream.avail_out = next_piece(plain.size() - done);
    const unsigned room = stream.avail_out;
    state = inflate(&stream, Z_NO_FLUSH);
    done += room - stream.avail_out;
    if (done > size_max) {
      inflateEnd(&stream);
      return fail(ErrorKind::RequestEntityTooLarge,
                  cat("the unpacked body is larger than ", size_max, " bytes"));
    }
    if (state == Z_STREAM_END) {
      // A gzip file may be several members, one after another.
      if (stream.avail_in == 0 && packed.empty()) break;
      state = inflateReset(&stream);
      continue;
    }
    const bool starved = stream.avail_in == 0 && packed.empty() && stream.avail_out != 0;
    if ((state != Z_OK && state != Z_BUF_ERROR) || starved) {
      inflateEnd(&stream);
      return fail(ErrorKind::BadRequest, "the body is not valid gzip");
    }
  }
  inflateEnd(&stream);
  plain.resize(done);
  return plain;
}

}  // namespace thole::codec
