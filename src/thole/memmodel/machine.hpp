#pragma once
// What ModelPolicy calls: one function an operation, to be called inside a program that is being
// explored. Values are 64-bit words; a location is an address.

#include <cstddef>
#include <cstdint>
#include <source_location>

#include "thole/memmodel/site.hpp"

namespace thole::memmodel::machine {

using Where = std::source_location;
using Location = const void*;

// The plain write that begins an atomic's life.
void construct(Location location, std::uint64_t value);
// The sleepers that park() and unpark() know of a word.
void construct_queue(Location word);
std::uint64_t plain_read(Location location, const Where& where);
void plain_write(Location location, std::uint64_t value, const Where& where);

std::uint64_t load(Location location, Order order, const Where& where);
void store(Location location, std::uint64_t value, Order order, const Where& where);
std::uint64_t exchange(Location location, std::uint64_t value, Order order, const Where& where);
// Adds modulo 2^bits.
std::uint64_t add(Location location, std::uint64_t value, unsigned bits, Order order,
                  const Where& where);
// Returns what it read; it has written exactly when that is `expected`.
bool compare_exchange(Location location, std::uint64_t& expected, std::uint64_t desired,
                      Order success, Order failure, const Where& where);
void fence(Order order, const Where& where);

// The calling thread takes no further step until a load gives what `wanted` accepts.
std::uint64_t await(Location location, bool (*wanted)(const void*, std::uint64_t),
                    const void* argument, Order order, const Where& where);
void park(Location word, std::uint64_t expected);
void unpark(Location word, const Where& where);

void retry();
void* allocate(std::size_t bytes, std::size_t align);
void free(void* memory, std::size_t bytes, const Where& where);

}  // namespace thole::memmodel::machine
