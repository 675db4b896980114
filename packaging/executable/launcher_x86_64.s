# The few instructions that a Deno executable is given so that it runs the program it carries.
#
# They stand at the start of a segment of their own and are the file's entry point: the dynamic
# linker comes here where it would have gone to Deno's own start. They put the program's text into
# a file in memory, the arguments `run … /proc/self/fd/200` before those of the user, and go on to
# Deno's start. `ps` still shows the words that were typed. SIGUSR1, which would open Deno's debugger
# on port 9229 to every user of the machine, is blocked for good: threads and workers inherit that.
#
# The segment is these octets, then the facts (executable.ts writes them), then what they point to.
# Every place in the facts is relative to the segment's start. The octets in launchers.ts are made
# from this file, to which a test holds them:
#   as -o launcher.o launcher_x86_64.s && objcopy -O binary launcher.o launcher.bin

    .intel_syntax noprefix

    .set SYS_WRITE, 1
    .set SYS_CLOSE, 3
    .set SYS_RT_SIGPROCMASK, 14
    .set SYS_EXIT_GROUP, 231
    .set SYS_DUP3, 292
    .set SYS_MEMFD_CREATE, 319
    .set SIGUSR1_BIT, 0x200
    .set MFD_CLOEXEC, 1
    .set MFD_NOEXEC_SEAL, 8         # Linux 6.3; with sysctl vm.memfd_noexec=2 it must be there
    .set O_CLOEXEC, 0x80000
    .set PROGRAM_FD, 200            # as in the arguments; high, for systemd's sockets begin at 3

    .set START, 0                   # facts: where Deno starts
    .set SETENV, 8                  # the word that holds the address of setenv, linked by now
    .set TEXT, 16                   # the program
    .set TEXT_LENGTH, 24
    .set ARGUMENT_COUNT, 32         # even: the stack pointer stays a multiple of 16
    .set VARIABLE_COUNT, 36
    .set STRINGS, 40                # 32 bits each: the arguments, then names and values in turn

# Comes with rsp at argc, argv…, 0, environment…, 0, and in rdx what is to be called at exit.
launcher:
    push    rdx
    push    SIGUSR1_BIT             # keeps the stack aligned for setenv, too
    lea     rbx, [rip + launcher]
    lea     rbp, [rip + facts]

    xor     edi, edi                # SIG_BLOCK
    mov     rsi, rsp
    xor     edx, edx
    mov     r10d, 8
    mov     eax, SYS_RT_SIGPROCMASK
    syscall

    mov     esi, MFD_CLOEXEC + MFD_NOEXEC_SEAL
create:
    lea     rdi, [rip + name]
    mov     eax, SYS_MEMFD_CREATE
    syscall
    test    eax, eax
    jns     created
    cmp     esi, MFD_CLOEXEC
    je      fail
    mov     esi, MFD_CLOEXEC        # an older kernel
    jmp     create
created:
    mov     edi, eax
    mov     rsi, [rbp + TEXT]
    add     rsi, rbx
    mov     r12, [rbp + TEXT_LENGTH]
write:
    mov     rdx, r12
    mov     eax, SYS_WRITE
    syscall
    test    rax, rax
    jle     fail
    add     rsi, rax
    sub     r12, rax
    jnz     write
    mov     esi, PROGRAM_FD
    mov     edx, O_CLOEXEC
    mov     eax, SYS_DUP3
    syscall
    test    eax, eax
    js      fail
    mov     eax, SYS_CLOSE
    syscall

    mov     r14d, [rbp + ARGUMENT_COUNT]
    lea     r12, [rbp + STRINGS]
    lea     r12, [r12 + r14 * 4]
    mov     r13d, [rbp + VARIABLE_COUNT]
variable:
    dec     r13d
    js      arguments
    mov     edi, [r12]
    add     rdi, rbx
    mov     esi, [r12 + 4]
    add     rsi, rbx
    mov     edx, 1                  # over what the user has set
    mov     rax, [rbp + SETENV]
    call    [rbx + rax]
    add     r12, 8
    jmp     variable

# argc and argv[0] move down to make room for ours; the environment stays where libc knows it.
arguments:
    pop     rdx                     # the signals
    pop     rdx
    mov     rsi, rsp
    lea     rax, [r14 * 8]
    sub     rsp, rax
    mov     rdi, rsp
    lodsq
    mov     rcx, rax                # words still to move: argv[1]… and the 0 after them
    add     rax, r14
    stosq
    movsq
    lea     r12, [rbp + STRINGS]
argument:
    mov     eax, [r12]
    add     rax, rbx
    stosq
    add     r12, 4
    dec     r14d
    jnz     argument
    rep     movsq
    mov     rax, [rbp + START]
    add     rax, rbx
    jmp     rax

fail:
    mov     edi, 2
    lea     rsi, [rip + message]
    mov     edx, offset message_end - message
    mov     eax, SYS_WRITE
    syscall
    mov     edi, 1
    mov     eax, SYS_EXIT_GROUP
    syscall

name:
    .asciz  "longwire.js"
message:
    .ascii  "longwire: no memory for the program (memfd_create)\n"
message_end:
    .balign 8
facts:
