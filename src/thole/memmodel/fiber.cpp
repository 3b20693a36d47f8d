#include "thole/memmodel/fiber.hpp"

#include <cstdint>
#include <cstring>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
extern "C" void __asan_unpoison_memory_region(void const volatile* address, std::size_t size);
#define THOLE_UNPOISON(address, size) __asan_unpoison_memory_region(address, size)
#endif
#endif
#ifndef THOLE_UNPOISON
#define THOLE_UNPOISON(address, size) static_cast<void>(0)
#endif

// Saves what the calling convention lets a function rely on, stores the stack pointer in *from,
// takes up `to`, and restores the same from there.
extern "C" void thole_fiber_switch(void** from, void* to);
extern "C" void thole_fiber_begin();

#if defined(__x86_64__)
asm(R"(
.text
.globl thole_fiber_switch
.type thole_fiber_switch,@function
thole_fiber_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size thole_fiber_switch,.-thole_fiber_switch
.globl thole_fiber_begin
.type thole_fiber_begin,@function
thole_fiber_begin:
  movq %r12, %rdi
  callq *%r13
  ud2
.size thole_fiber_begin,.-thole_fiber_begin
)");
#elif defined(__aarch64__)
asm(R"(
.text
.globl thole_fiber_switch
.type thole_fiber_switch,@function
thole_fiber_switch:
  stp x19, x20, [sp, #-160]!
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  ldp x19, x20, [sp], #160
  ret
.size thole_fiber_switch,.-thole_fiber_switch
.globl thole_fiber_begin
.type thole_fiber_begin,@function
thole_fiber_begin:
  mov x0, x19
  blr x20
  brk #1
.size thole_fiber_begin,.-thole_fiber_begin
)");
#else
#error "memmodel knows the calling conventions of x86-64 and AArch64 only"
#endif

namespace thole::memmodel {

void Fiber::start(void (*entry)(void*), void* argument) {
  THOLE_UNPOISON(stack_.get(), stack_size);
  const auto top =
      reinterpret_cast<std::uintptr_t>(stack_.get() + stack_size) & ~std::uintptr_t{63};
  auto** frame = reinterpret_cast<void**>(top);
#if defined(__x86_64__)
  // r15 r14 r13 r12 rbx rbp, then the address that `ret` takes.
  frame -= 9;
  std::memset(frame, 0, 9 * sizeof(void*));
  frame[2] = reinterpret_cast<void*>(entry);
  frame[3] = argument;
  frame[6] = reinterpret_cast<void*>(&thole_fiber_begin);
#else
  frame -= 20;
  std::memset(frame, 0, 20 * sizeof(void*));
  frame[0] = argument;
  frame[1] = reinterpret_cast<void*>(entry);
  frame[11] = reinterpret_cast<void*>(&thole_fiber_begin);
#endif
  inside_ = frame;
}

void Fiber::resume() { thole_fiber_switch(&outside_, inside_); }

void Fiber::leave() { thole_fiber_switch(&inside_, outside_); }

}  // namespace thole::memmodel
