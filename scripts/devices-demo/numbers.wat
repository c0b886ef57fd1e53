;; The module `numbers` of the demonstration and of tests: functions of plain numbers, and some that a device must be able to stop. It imports nothing.
(module
  (memory (export "memory") 1)

  (func (export "add1") (param $number i32) (result i32)
    (i32.add (local.get $number) (i32.const 1)))

  (func (export "half") (param $number f32) (result f32)
    (f32.mul (local.get $number) (f32.const 0.5)))

  ;; Results beyond 2^53 show whether all digits arrive.
  (func (export "square") (param $number i64) (result i64)
    (i64.mul (local.get $number) (local.get $number)))

  ;; Of a brightness from 0 to 255, rounded.
  (func (export "percent") (param $brightness i32) (result i32)
    (i32.div_s
      (i32.add (i32.mul (local.get $brightness) (i32.const 100)) (i32.const 127))
      (i32.const 255)))

  ;; Fails.
  (func (export "trap") (result i32)
    unreachable)

  ;; Never ends.
  (func (export "spin") (result i32)
    (loop $again (br $again))
    (i32.const 0))

  ;; Takes memory until there is no more, and gives the pages of 64 KiB that it got.
  (func (export "hoard") (result i32)
    (loop $again
      (br_if $again (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
    (memory.size)))
