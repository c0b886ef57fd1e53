;; The module `picture` of the demonstration and of tests: reads and writes grey pictures (binary PGM, https://netpbm.sourceforge.net/doc/pgm.html) by WASI preview 1.
;; Whatever is wrong ends in `unreachable`, so that the call fails: a device looks at no value of a function that writes a file.
(module
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))

  ;; A page for names and for what WASI is told, and 1 MiB for a picture from 65536 on.
  (memory (export "memory") 17 17)
  (data (i32.const 16) "picture")
  (data (i32.const 32) "negative")

  ;; Addresses: 0 a descriptor, 4 the bytes that were moved, 8 the one buffer of a call (where it is, its length).
  (global $start i32 (i32.const 65536))
  (global $end i32 (i32.const 1114112))
  (global $at (mut i32) (i32.const 0))

  (func $need (param $condition i32)
    (if (i32.eqz (local.get $condition)) (then unreachable)))

  ;; Opens a file of the folder that every call is given, which is descriptor 3.
  (func $open (param $name i32) (param $length i32) (param $how i32) (param $rights i64) (result i32)
    (call $need (i32.eqz (call $path_open
      (i32.const 3) (i32.const 0) (local.get $name) (local.get $length) (local.get $how) (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 0))))
    (i32.load (i32.const 0)))

  ;; Reads a whole file to $start. Gives where it ends.
  (func $read (param $name i32) (param $length i32) (result i32)
    (local $file i32) (local $to i32)
    (local.set $file (call $open (local.get $name) (local.get $length) (i32.const 0) (i64.const 2)))
    (local.set $to (global.get $start))
    (loop $again
      ;; There must be room, or nobody knows whether that was all.
      (call $need (i32.lt_u (local.get $to) (global.get $end)))
      (i32.store (i32.const 8) (local.get $to))
      (i32.store (i32.const 12) (i32.sub (global.get $end) (local.get $to)))
      (call $need (i32.eqz (call $fd_read (local.get $file) (i32.const 8) (i32.const 1) (i32.const 4))))
      (local.set $to (i32.add (local.get $to) (i32.load (i32.const 4))))
      (br_if $again (i32.load (i32.const 4))))
    (call $need (i32.eqz (call $fd_close (local.get $file))))
    (local.get $to))

  ;; Writes what is from $start to there.
  (func $write (param $name i32) (param $length i32) (param $to i32)
    (local $file i32) (local $from i32)
    ;; Made where it is not there (1), emptied where it is (8); for writing.
    (local.set $file (call $open (local.get $name) (local.get $length) (i32.const 9) (i64.const 64)))
    (local.set $from (global.get $start))
    (loop $again
      (i32.store (i32.const 8) (local.get $from))
      (i32.store (i32.const 12) (i32.sub (local.get $to) (local.get $from)))
      (call $need (i32.eqz (call $fd_write (local.get $file) (i32.const 8) (i32.const 1) (i32.const 4))))
      (call $need (i32.load (i32.const 4)))
      (local.set $from (i32.add (local.get $from) (i32.load (i32.const 4))))
      (br_if $again (i32.lt_u (local.get $from) (local.get $to))))
    (call $need (i32.eqz (call $fd_close (local.get $file)))))

  ;; The byte at $at. The header of a picture that ends too early has zeros, which are in none.
  (func $byte (result i32)
    (i32.load8_u (global.get $at)))

  (func $next
    (global.set $at (i32.add (global.get $at) (i32.const 1))))

  (func $is_blank (param $byte i32) (result i32)
    (i32.or
      (i32.eq (local.get $byte) (i32.const 32))
      (i32.lt_u (i32.sub (local.get $byte) (i32.const 9)) (i32.const 5))))

  (func $is_digit (param $byte i32) (result i32)
    (i32.lt_u (i32.sub (local.get $byte) (i32.const 48)) (i32.const 10)))

  ;; A number of the header, after blanks and comments.
  (func $number (result i32)
    (local $value i32)
    (call $need (call $is_blank (call $byte)))
    (loop $again
      (if (i32.eq (call $byte) (i32.const 35))
        (then
          (loop $comment
            (call $need (call $byte))
            (call $next)
            (br_if $comment (i32.ne (call $byte) (i32.const 10))))))
      (if (call $is_blank (call $byte))
        (then
          (call $next)
          (br $again))))
    (call $need (call $is_digit (call $byte)))
    (loop $again
      (local.set $value (i32.add (i32.mul (local.get $value) (i32.const 10)) (i32.sub (call $byte) (i32.const 48))))
      (call $need (i32.le_u (local.get $value) (i32.const 65535)))
      (call $next)
      (br_if $again (call $is_digit (call $byte))))
    (local.get $value))

  ;; Goes through the header of the picture that ends there. Gives where its first pixel is.
  (func $pixels (param $to i32) (result i32)
    (local $width i32) (local $height i32)
    ;; "P5"
    (call $need (i32.eq (i32.load16_u (global.get $start)) (i32.const 0x3550)))
    (global.set $at (i32.add (global.get $start) (i32.const 2)))
    (local.set $width (call $number))
    (local.set $height (call $number))
    (call $need (i32.eq (call $number) (i32.const 255)))
    (call $need (call $is_blank (call $byte)))
    (call $next)
    ;; Not more and not less than it says, and at least one.
    (call $need (local.get $width))
    (call $need (local.get $height))
    (call $need (i64.eq
      (i64.mul (i64.extend_i32_u (local.get $width)) (i64.extend_i32_u (local.get $height)))
      (i64.extend_i32_s (i32.sub (local.get $to) (global.get $at)))))
    (global.get $at))

  ;; The file `picture` with light for dark, as the file `negative`.
  (func (export "invert")
    (local $at i32) (local $to i32)
    (local.set $to (call $read (i32.const 16) (i32.const 7)))
    (local.set $at (call $pixels (local.get $to)))
    (loop $again
      (i32.store8 (local.get $at) (i32.xor (i32.load8_u (local.get $at)) (i32.const 255)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $at) (local.get $to))))
    (call $write (i32.const 32) (i32.const 8) (local.get $to)))

  ;; The mean of all pixels of the file `negative`, from 0 to 255.
  (func (export "brightness") (result i32)
    (local $at i32) (local $to i32) (local $first i32) (local $sum i32)
    (local.set $to (call $read (i32.const 32) (i32.const 8)))
    (local.set $first (call $pixels (local.get $to)))
    (local.set $at (local.get $first))
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $at) (local.get $to))))
    (i32.div_u (local.get $sum) (i32.sub (local.get $to) (local.get $first)))))
