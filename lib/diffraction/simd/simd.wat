;; The loops over bytes and pixels that a frame spends its time in, in WebAssembly's text format (https://webassembly.github.io/spec/core/): LZ4 becomes planes of bits, these
;; become counts, rows their maxima, columns those of boxes, boxes their sums and their colours. simd.wasm is made of this file by `npm run build:simd`; simd.ts says what
;; lies where in memory. Only what a file says is checked here; whoever calls keeps to the memory that there is, or WebAssembly traps.
(module
  (memory (export "memory") 2)

  ;; Joins planes of bits to counts: bit b of count i is bit i % 8 of byte i / 8 of row b. Rows are $row bytes long, a multiple of 16; there are 8 for each of the $size bytes of
  ;; a count (1, 2 or 4). $turned is room for as many bytes as there are counts.
  (func $joinPlanes (export "joinPlanes") (param $planes i32) (param $row i32) (param $size i32) (param $turned i32) (param $out i32)
    (local $byte i32) (local $counts i32) (local $at i32)
    (local.set $counts (i32.shl (local.get $row) (i32.const 3)))
    (loop $bytes
      (local.set $at (i32.add (local.get $planes) (i32.mul (local.get $byte) (local.get $counts))))
      ;; The upper bytes of counts are mostly zeros.
      (if (i32.or (i32.eqz (local.get $byte)) (call $hasBits (local.get $at) (local.get $counts))) (then
        (call $turn (local.get $at) (local.get $row) (local.get $turned))
        (call $spread (local.get $turned) (local.get $counts) (local.get $size) (local.get $byte) (local.get $out))))
      (br_if $bytes (i32.lt_u (local.tee $byte (i32.add (local.get $byte) (i32.const 1))) (local.get $size)))))

  ;; Whether any of $length bytes, a multiple of 16, is not 0.
  (func $hasBits (param $at i32) (param $length i32) (result i32)
    (local $end i32) (local $bits v128)
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (loop $along
      (local.set $bits (v128.or (local.get $bits) (v128.load (local.get $at))))
      (br_if $along (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $end))))
    (v128.any_true (local.get $bits)))

  ;; Makes one byte of each count of eight planes. Eight bits of eight counts at a time are a square that is turned over its diagonal (Hacker's Delight, 7-3), sixteen squares
  ;; in a vector.
  (func $turn (param $planes i32) (param $row i32) (param $to i32)
    (local $x i32) (local $at i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $e v128) (local $f v128) (local $g v128) (local $h v128) (local $t v128)
    (local $i v128) (local $j v128) (local $k v128) (local $l v128) (local $m v128) (local $n v128) (local $o v128) (local $p v128)
    (loop $columns
      (local.set $at (i32.add (local.get $planes) (local.get $x)))
      (local.set $a (v128.load (local.get $at)))
      (local.set $at (i32.add (local.get $at) (local.get $row)))
      (local.set $b (v128.load (local.get $at)))
      (local.set $at (i32.add (local.get $at) (local.get $row)))
      (local.set $c (v128.load (local.get $at)))
      (local.set $at (i32.add (local.get $at) (local.get $row)))
      (local.set $d (v128.load (local.get $at)))
      (local.set $at (i32.add (local.get $at) (local.get $row)))
      (local.set $e (v128.load (local.get $at)))
      (local.set $at (i32.add (local.get $at) (local.get $row)))
      (local.set $f (v128.load (local.get $at)))
      (local.set $at (i32.add (local.get $at) (local.get $row)))
      (local.set $g (v128.load (local.get $at)))
      (local.set $at (i32.add (local.get $at) (local.get $row)))
      (local.set $h (v128.load (local.get $at)))
      (local.set $t (v128.and (v128.xor (i32x4.shr_u (local.get $a) (i32.const 1)) (local.get $b)) (v128.const i32x4 0x55555555 0x55555555 0x55555555 0x55555555)))
      (local.set $b (v128.xor (local.get $b) (local.get $t)))
      (local.set $a (v128.xor (local.get $a) (i32x4.shl (local.get $t) (i32.const 1))))
      (local.set $t (v128.and (v128.xor (i32x4.shr_u (local.get $c) (i32.const 1)) (local.get $d)) (v128.const i32x4 0x55555555 0x55555555 0x55555555 0x55555555)))
      (local.set $d (v128.xor (local.get $d) (local.get $t)))
      (local.set $c (v128.xor (local.get $c) (i32x4.shl (local.get $t) (i32.const 1))))
      (local.set $t (v128.and (v128.xor (i32x4.shr_u (local.get $e) (i32.const 1)) (local.get $f)) (v128.const i32x4 0x55555555 0x55555555 0x55555555 0x55555555)))
      (local.set $f (v128.xor (local.get $f) (local.get $t)))
      (local.set $e (v128.xor (local.get $e) (i32x4.shl (local.get $t) (i32.const 1))))
      (local.set $t (v128.and (v128.xor (i32x4.shr_u (local.get $g) (i32.const 1)) (local.get $h)) (v128.const i32x4 0x55555555 0x55555555 0x55555555 0x55555555)))
      (local.set $h (v128.xor (local.get $h) (local.get $t)))
      (local.set $g (v128.xor (local.get $g) (i32x4.shl (local.get $t) (i32.const 1))))
      (local.set $t (v128.and (v128.xor (i32x4.shr_u (local.get $a) (i32.const 2)) (local.get $c)) (v128.const i32x4 0x33333333 0x33333333 0x33333333 0x33333333)))
      (local.set $c (v128.xor (local.get $c) (local.get $t)))
      (local.set $a (v128.xor (local.get $a) (i32x4.shl (local.get $t) (i32.const 2))))
      (local.set $t (v128.and (v128.xor (i32x4.shr_u (local.get $b) (i32.const 2)) (local.get $d)) (v128.const i32x4 0x33333333 0x33333333 0x33333333 0x33333333)))
      (local.set $d (v128.xor (local.get $d) (local.get $t)))
      (local.set $b (v128.xor (local.get $b) (i32x4.shl (local.get $t) (i32.const 2))))
      (local.set $t (v128.and (v128.xor (i32x4.shr_u (local.get $e) (i32.const 2)) (local.get $g)) (v128.const i32x4 0x33333333 0x33333333 0x33333333 0x33333333)))
      (local.set $g (v128.xor (local.get $g) (local.get $t)))
      (local.set $e (v128.xor (local.get $e) (i32x4.shl (local.get $t) (i32.const 2))))
      (local.set $t (v128.and (v128.xor (i32x4.shr_u (local.get $f) (i32.const 2)) (local.get $h)) (v128.const i32x4 0x33333333 0x33333333 0x33333333 0x33333333)))
      (local.set $h (v128.xor (local.get $h) (local.get $t)))
      (local.set $f (v128.xor (local.get $f) (i32x4.shl (local.get $t) (i32.const 2))))
      (local.set $t (v128.and (v128.xor (i32x4.shr_u (local.get $a) (i32.const 4)) (local.get $e)) (v128.const i32x4 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f)))
      (local.set $e (v128.xor (local.get $e) (local.get $t)))
      (local.set $a (v128.xor (local.get $a) (i32x4.shl (local.get $t) (i32.const 4))))
      (local.set $t (v128.and (v128.xor (i32x4.shr_u (local.get $b) (i32.const 4)) (local.get $f)) (v128.const i32x4 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f)))
      (local.set $f (v128.xor (local.get $f) (local.get $t)))
      (local.set $b (v128.xor (local.get $b) (i32x4.shl (local.get $t) (i32.const 4))))
      (local.set $t (v128.and (v128.xor (i32x4.shr_u (local.get $c) (i32.const 4)) (local.get $g)) (v128.const i32x4 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f)))
      (local.set $g (v128.xor (local.get $g) (local.get $t)))
      (local.set $c (v128.xor (local.get $c) (i32x4.shl (local.get $t) (i32.const 4))))
      (local.set $t (v128.and (v128.xor (i32x4.shr_u (local.get $d) (i32.const 4)) (local.get $h)) (v128.const i32x4 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f)))
      (local.set $h (v128.xor (local.get $h) (local.get $t)))
      (local.set $d (v128.xor (local.get $d) (i32x4.shl (local.get $t) (i32.const 4))))
      ;; Now each vector has every eighth count; they are put in order.
      (local.set $i (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $a) (local.get $e)))
      (local.set $j (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $a) (local.get $e)))
      (local.set $k (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $c) (local.get $g)))
      (local.set $l (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $c) (local.get $g)))
      (local.set $m (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $b) (local.get $f)))
      (local.set $n (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $b) (local.get $f)))
      (local.set $o (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $d) (local.get $h)))
      (local.set $p (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $d) (local.get $h)))
      (local.set $a (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $i) (local.get $k)))
      (local.set $b (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $i) (local.get $k)))
      (local.set $c (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $j) (local.get $l)))
      (local.set $d (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $j) (local.get $l)))
      (local.set $e (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $m) (local.get $o)))
      (local.set $f (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $m) (local.get $o)))
      (local.set $g (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $n) (local.get $p)))
      (local.set $h (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $n) (local.get $p)))
      (v128.store (local.get $to) (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $a) (local.get $e)))
      (v128.store offset=16 (local.get $to) (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $a) (local.get $e)))
      (v128.store offset=32 (local.get $to) (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $b) (local.get $f)))
      (v128.store offset=48 (local.get $to) (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $b) (local.get $f)))
      (v128.store offset=64 (local.get $to) (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $c) (local.get $g)))
      (v128.store offset=80 (local.get $to) (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $c) (local.get $g)))
      (v128.store offset=96 (local.get $to) (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $d) (local.get $h)))
      (v128.store offset=112 (local.get $to) (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $d) (local.get $h)))
      (local.set $to (i32.add (local.get $to) (i32.const 128)))
      (br_if $columns (i32.lt_u (local.tee $x (i32.add (local.get $x) (i32.const 16))) (local.get $row)))))

  ;; Puts bytes of $counts counts where they belong, eight counts at a time: the first ones anew, the others into what is there.
  (func $spread (param $at i32) (param $counts i32) (param $size i32) (param $byte i32) (param $out i32)
    (local $end i32) (local $shift i32) (local $halves v128)
    (local.set $end (i32.add (local.get $at) (local.get $counts)))
    (local.set $shift (i32.shl (local.get $byte) (i32.const 3)))
    (loop $along
      (local.set $halves (v128.load8x8_u (local.get $at)))
      (if (i32.eq (local.get $size) (i32.const 4))
        (then
          (if (local.get $byte)
            (then
              (v128.store (local.get $out) (v128.or (v128.load (local.get $out)) (i32x4.shl (i32x4.extend_low_i16x8_u (local.get $halves)) (local.get $shift))))
              (v128.store offset=16 (local.get $out) (v128.or (v128.load offset=16 (local.get $out)) (i32x4.shl (i32x4.extend_high_i16x8_u (local.get $halves)) (local.get $shift)))))
            (else
              (v128.store (local.get $out) (i32x4.extend_low_i16x8_u (local.get $halves)))
              (v128.store offset=16 (local.get $out) (i32x4.extend_high_i16x8_u (local.get $halves))))))
        (else (if (i32.eq (local.get $size) (i32.const 2))
          (then
            (if (local.get $byte) (then (local.set $halves (v128.or (v128.load (local.get $out)) (i16x8.shl (local.get $halves) (i32.const 8))))))
            (v128.store (local.get $out) (local.get $halves)))
          (else (i64.store (local.get $out) (i64.load (local.get $at)))))))
      (local.set $out (i32.add (local.get $out) (i32.shl (local.get $size) (i32.const 3))))
      (br_if $along (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end)))))

  ;; Raises a line of counts of 32 bits to the maxima of itself and $rows rows of counts of 32 bits, which are $row bytes long, a multiple of 16.
  (func (export "raise32") (param $rows i32) (param $row i32) (param $from i32) (param $line i32)
    (local $x i32) (local $at i32) (local $end i32) (local $most v128)
    (loop $columns
      (local.set $most (v128.load (i32.add (local.get $line) (local.get $x))))
      (local.set $at (i32.add (local.get $from) (local.get $x)))
      (local.set $end (i32.add (local.get $at) (i32.mul (local.get $rows) (local.get $row))))
      (loop $down
        (local.set $most (i32x4.max_u (local.get $most) (v128.load (local.get $at))))
        (br_if $down (i32.lt_u (local.tee $at (i32.add (local.get $at) (local.get $row))) (local.get $end))))
      (v128.store (i32.add (local.get $line) (local.get $x)) (local.get $most))
      (br_if $columns (i32.lt_u (local.tee $x (i32.add (local.get $x) (i32.const 16))) (local.get $row)))))

  ;; The same for rows of counts of 16 bits; the line has 32 bits for each.
  (func (export "raise16") (param $rows i32) (param $row i32) (param $from i32) (param $line i32)
    (local $x i32) (local $at i32) (local $end i32) (local $to i32) (local $most v128)
    (loop $columns
      (local.set $most (v128.const i32x4 0 0 0 0))
      (local.set $at (i32.add (local.get $from) (local.get $x)))
      (local.set $end (i32.add (local.get $at) (i32.mul (local.get $rows) (local.get $row))))
      (loop $down
        (local.set $most (i16x8.max_u (local.get $most) (v128.load (local.get $at))))
        (br_if $down (i32.lt_u (local.tee $at (i32.add (local.get $at) (local.get $row))) (local.get $end))))
      (local.set $to (i32.add (local.get $line) (i32.shl (local.get $x) (i32.const 1))))
      (v128.store (local.get $to) (i32x4.max_u (v128.load (local.get $to)) (i32x4.extend_low_i16x8_u (local.get $most))))
      (v128.store offset=16 (local.get $to) (i32x4.max_u (v128.load offset=16 (local.get $to)) (i32x4.extend_high_i16x8_u (local.get $most))))
      (br_if $columns (i32.lt_u (local.tee $x (i32.add (local.get $x) (i32.const 16))) (local.get $row)))))

  ;; Finds the maximum of the columns from start to end of each box of a line, and whether it is $overload. Gives whether any is. A box without columns is 0.
  (func (export "boxMaxima") (param $line i32) (param $starts i32) (param $ends i32) (param $boxes i32) (param $overload i32) (param $maxima i32) (param $overloaded i32) (result i32)
    (local $box i32) (local $at i32) (local $end i32) (local $count i32) (local $most i32) (local $any i32)
    (loop $each
      (local.set $most (i32.const 0))
      (local.set $at (i32.add (local.get $line) (i32.shl (i32.load (i32.add (local.get $starts) (i32.shl (local.get $box) (i32.const 2)))) (i32.const 2))))
      (local.set $end (i32.add (local.get $line) (i32.shl (i32.load (i32.add (local.get $ends) (i32.shl (local.get $box) (i32.const 2)))) (i32.const 2))))
      (if (i32.lt_u (local.get $at) (local.get $end)) (then
        (loop $across
          (local.set $count (i32.load (local.get $at)))
          ;; Without a branch: counts are noise, and every other guess of the processor would be wrong.
          (local.set $most (select (local.get $count) (local.get $most) (i32.gt_u (local.get $count) (local.get $most))))
          (br_if $across (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $end))))))
      (i32.store (i32.add (local.get $maxima) (i32.shl (local.get $box) (i32.const 2))) (local.get $most))
      (local.set $any (i32.or (local.get $any) (local.tee $count (i32.eq (local.get $most) (local.get $overload)))))
      (i32.store8 (i32.add (local.get $overloaded) (local.get $box)) (local.get $count))
      (br_if $each (i32.lt_u (local.tee $box (i32.add (local.get $box) (i32.const 1))) (local.get $boxes))))
    (local.get $any))

  ;; The same where each box has $span columns at least, a power of 2, and twice that at most: its maximum is that of its first and its last $span columns. What is in the line is
  ;; lost; it has $columns columns, and 16 bytes behind them are read. Boxes without columns get any number.
  (func (export "spanMaxima") (param $line i32) (param $columns i32) (param $span i32) (param $starts i32) (param $ends i32) (param $boxes i32) (param $overload i32) (param $maxima i32) (param $overloaded i32) (result i32)
    (local $shift i32) (local $at i32) (local $end i32) (local $box i32) (local $count i32) (local $most i32) (local $any i32) (local $last i32)
    (local.set $end (i32.add (local.get $line) (i32.shl (local.get $columns) (i32.const 2))))
    (local.set $span (i32.shl (local.get $span) (i32.const 2)))
    (local.set $shift (i32.const 4))
    ;; Each column becomes the maximum of itself and those behind it: of 2, of 4, and so on.
    (block $wide
      (loop $wider
        (br_if $wide (i32.ge_u (local.get $shift) (local.get $span)))
        (local.set $at (local.get $line))
        (loop $along
          (v128.store (local.get $at) (i32x4.max_u (v128.load (local.get $at)) (v128.load (i32.add (local.get $at) (local.get $shift)))))
          (br_if $along (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $end))))
        (local.set $shift (i32.shl (local.get $shift) (i32.const 1)))
        (br $wider)))
    (local.set $last (i32.sub (local.get $line) (local.get $span)))
    (loop $each
      (local.set $most (i32.load (i32.add (local.get $line) (i32.shl (i32.load (i32.add (local.get $starts) (i32.shl (local.get $box) (i32.const 2)))) (i32.const 2)))))
      (local.set $count (i32.load (i32.add (local.get $last) (i32.shl (i32.load (i32.add (local.get $ends) (i32.shl (local.get $box) (i32.const 2)))) (i32.const 2)))))
      (local.set $most (select (local.get $count) (local.get $most) (i32.gt_u (local.get $count) (local.get $most))))
      (i32.store (i32.add (local.get $maxima) (i32.shl (local.get $box) (i32.const 2))) (local.get $most))
      (local.set $any (i32.or (local.get $any) (local.tee $count (i32.eq (local.get $most) (local.get $overload)))))
      (i32.store8 (i32.add (local.get $overloaded) (local.get $box)) (local.get $count))
      (br_if $each (i32.lt_u (local.tee $box (i32.add (local.get $box) (i32.const 1))) (local.get $boxes))))
    (local.get $any))

  ;; Decompresses a block of LZ4 (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md) that lies from $from to $end, to $to and at most until $limit. Up to 16 bytes
  ;; behind $end are read, and behind $limit written. Gives where what was written ends, or -1 where the block makes no sense.
  (func $lz4 (export "lz4") (param $from i32) (param $end i32) (param $to i32) (param $limit i32) (result i32)
    (local $start i32) (local $token i32) (local $length i32) (local $more i32) (local $stop i32) (local $offset i32) (local $back i32)
    (local.set $start (local.get $to))
    (block $broken
      (loop $sequences
        (if (i32.ge_u (local.get $from) (local.get $end)) (then (return (local.get $to))))
        (local.set $token (i32.load8_u (local.get $from)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        ;; Literals.
        (if (i32.eq (local.tee $length (i32.shr_u (local.get $token) (i32.const 4))) (i32.const 15)) (then
          (loop $longer
            (br_if $broken (i32.ge_u (local.get $from) (local.get $end)))
            (local.set $length (i32.add (local.get $length) (local.tee $more (i32.load8_u (local.get $from)))))
            (local.set $from (i32.add (local.get $from) (i32.const 1)))
            (br_if $broken (i32.gt_u (local.get $length) (i32.sub (local.get $limit) (local.get $to))))
            (br_if $longer (i32.eq (local.get $more) (i32.const 255))))))
        (br_if $broken (i32.gt_u (local.get $length) (i32.sub (local.get $end) (local.get $from))))
        (br_if $broken (i32.gt_u (local.get $length) (i32.sub (local.get $limit) (local.get $to))))
        (local.set $stop (i32.add (local.get $to) (local.get $length)))
        (local.set $back (i32.add (local.get $from) (local.get $length)))
        (if (local.get $length) (then
          (loop $copy
            (v128.store (local.get $to) (v128.load (local.get $from)))
            (local.set $from (i32.add (local.get $from) (i32.const 16)))
            (br_if $copy (i32.lt_u (local.tee $to (i32.add (local.get $to) (i32.const 16))) (local.get $stop))))))
        (local.set $from (local.get $back))
        (local.set $to (local.get $stop))
        ;; The last sequence is literals only.
        (if (i32.eq (local.get $from) (local.get $end)) (then (return (local.get $to))))
        ;; A match.
        (br_if $broken (i32.lt_u (i32.sub (local.get $end) (local.get $from)) (i32.const 2)))
        (local.set $offset (i32.load16_u (local.get $from)))
        (local.set $from (i32.add (local.get $from) (i32.const 2)))
        (local.set $length (i32.add (i32.and (local.get $token) (i32.const 15)) (i32.const 4)))
        (if (i32.eq (local.get $length) (i32.const 19)) (then
          (loop $longer
            (br_if $broken (i32.ge_u (local.get $from) (local.get $end)))
            (local.set $length (i32.add (local.get $length) (local.tee $more (i32.load8_u (local.get $from)))))
            (local.set $from (i32.add (local.get $from) (i32.const 1)))
            (br_if $broken (i32.gt_u (local.get $length) (i32.sub (local.get $limit) (local.get $to))))
            (br_if $longer (i32.eq (local.get $more) (i32.const 255))))))
        (br_if $broken (i32.eqz (local.get $offset)))
        (br_if $broken (i32.gt_u (local.get $offset) (i32.sub (local.get $to) (local.get $start))))
        (br_if $broken (i32.gt_u (local.get $length) (i32.sub (local.get $limit) (local.get $to))))
        (local.set $stop (i32.add (local.get $to) (local.get $length)))
        (local.set $back (local.get $offset))
        ;; What repeats sooner than a vector is long is written byte by byte until it can be taken from further back.
        (if (i32.lt_u (local.get $offset) (i32.const 16)) (then
          (local.set $back (i32.mul (local.get $offset) (i32.div_u (i32.add (local.get $offset) (i32.const 15)) (local.get $offset))))
          (local.set $more (i32.add (local.get $to) (i32.sub (local.get $back) (local.get $offset))))
          (if (i32.gt_u (local.get $more) (local.get $stop)) (then (local.set $more (local.get $stop))))
          (if (i32.lt_u (local.get $to) (local.get $more)) (then
            (loop $bytes
              (i32.store8 (local.get $to) (i32.load8_u (i32.sub (local.get $to) (local.get $offset))))
              (br_if $bytes (i32.lt_u (local.tee $to (i32.add (local.get $to) (i32.const 1))) (local.get $more))))))))
        (if (i32.lt_u (local.get $to) (local.get $stop)) (then
          (loop $copy
            (v128.store (local.get $to) (v128.load (i32.sub (local.get $to) (local.get $back))))
            (br_if $copy (i32.lt_u (local.tee $to (i32.add (local.get $to) (i32.const 16))) (local.get $stop))))))
        (local.set $to (local.get $stop))
        (br $sequences)))
    (i32.const -1))

  ;; The number of four bytes at a place, most significant byte first.
  (func $length (param $at i32) (result i32)
    (i32.or
      (i32.or (i32.shl (i32.load8_u (local.get $at)) (i32.const 24)) (i32.shl (i32.load8_u offset=1 (local.get $at)) (i32.const 16)))
      (i32.or (i32.shl (i32.load8_u offset=2 (local.get $at)) (i32.const 8)) (i32.load8_u offset=3 (local.get $at)))))

  ;; Decompresses a block that begins with its length, to exactly as many bytes as there is room for. Gives where the block ends, or -1 where it makes no sense.
  (func $block (export "block") (param $at i32) (param $end i32) (param $room i32) (param $bytes i32) (result i32)
    (local $length i32) (local $limit i32)
    (if (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 4)) (then (return (i32.const -1))))
    (local.set $length (call $length (local.get $at)))
    (local.set $at (i32.add (local.get $at) (i32.const 4)))
    (if (i32.gt_u (local.get $length) (i32.sub (local.get $end) (local.get $at))) (then (return (i32.const -1))))
    (local.set $limit (i32.add (local.get $room) (local.get $bytes)))
    (if (i32.ne (call $lz4 (local.get $at) (i32.add (local.get $at) (local.get $length)) (local.get $room) (local.get $limit)) (local.get $limit)) (then (return (i32.const -1))))
    (i32.add (local.get $at) (local.get $length)))

  ;; Makes counts of $blocks blocks of planes, one after the other; $row as in joinPlanes. Gives where the last block ends, or -1 where one makes no sense.
  (func (export "blocksToCounts") (param $at i32) (param $end i32) (param $blocks i32) (param $room i32) (param $row i32) (param $size i32) (param $turned i32) (param $out i32) (result i32)
    (local $bytes i32)
    (local.set $bytes (i32.mul (i32.shl (local.get $row) (i32.const 3)) (local.get $size)))
    (loop $each
      (local.set $at (call $block (local.get $at) (local.get $end) (local.get $room) (local.get $bytes)))
      (if (i32.eq (local.get $at) (i32.const -1)) (then (return (i32.const -1))))
      (call $joinPlanes (local.get $room) (local.get $row) (local.get $size) (local.get $turned) (local.get $out))
      (local.set $out (i32.add (local.get $out) (local.get $bytes)))
      (br_if $each (local.tee $blocks (i32.sub (local.get $blocks) (i32.const 1)))))
    (local.get $at))

  ;; Writes a 1 for each count of a block of planes that is not 0, and a 0 for the others. Gives 0, and writes nothing, where all are 0.
  (func (export "markNonZero") (param $planes i32) (param $row i32) (param $size i32) (param $out i32) (result i32)
    (local $x i32) (local $at i32) (local $end i32) (local $bits v128) (local $byte i32)
    (local.set $byte (i32.mul (i32.shl (local.get $row) (i32.const 3)) (local.get $size)))
    (if (i32.eqz (call $hasBits (local.get $planes) (local.get $byte))) (then (return (i32.const 0))))
    (local.set $end (i32.add (local.get $planes) (local.get $byte)))
    (loop $columns
      (local.set $bits (v128.const i32x4 0 0 0 0))
      (local.set $at (i32.add (local.get $planes) (local.get $x)))
      (loop $down
        (local.set $bits (v128.or (local.get $bits) (v128.load (local.get $at))))
        (br_if $down (i32.lt_u (local.tee $at (i32.add (local.get $at) (local.get $row))) (local.get $end))))
      ;; The first plane is not needed any more.
      (v128.store (i32.add (local.get $planes) (local.get $x)) (local.get $bits))
      (br_if $columns (i32.lt_u (local.tee $x (i32.add (local.get $x) (i32.const 16))) (local.get $row))))
    (local.set $x (i32.const 0))
    (loop $bytes
      (local.set $at (i32.add (local.get $planes) (local.get $x)))
      (local.set $bits (i8x16.shuffle 0 0 0 0 0 0 0 0 16 16 16 16 16 16 16 16 (v128.load8_splat (local.get $at)) (v128.load8_splat offset=1 (local.get $at))))
      (v128.store (local.get $out) (v128.and
        (i8x16.ne (v128.and (local.get $bits) (v128.const i8x16 1 2 4 8 16 32 64 128 1 2 4 8 16 32 64 128)) (v128.const i32x4 0 0 0 0))
        (v128.const i8x16 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1)))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (br_if $bytes (i32.lt_u (local.tee $x (i32.add (local.get $x) (i32.const 2))) (local.get $row))))
    (i32.const 1))

  ;; Adds counts of 32 bits, from $at to $end, to totals: how many (f64), their sum (f64), that of their squares (f64), the smallest and the largest (32 bits each).
  ;; Those that are $overload are left out.
  (func (export "addUp") (param $at i32) (param $end i32) (param $overload i32) (param $totals i32)
    (local $vectors i32) (local $n i32) (local $count i32) (local $least i32) (local $most i32) (local $sum f64) (local $squares f64) (local $value f64)
    (local $counts v128) (local $isOver v128) (local $sums v128) (local $low v128) (local $high v128) (local $overs v128) (local $smallest v128) (local $largest v128) (local $seen v128)
    (local.set $n (i32.shr_u (i32.sub (local.get $end) (local.get $at)) (i32.const 2)))
    (local.set $least (i32.load offset=24 (local.get $totals)))
    (local.set $most (i32.load offset=28 (local.get $totals)))
    (local.set $vectors (i32.sub (local.get $end) (i32.const 15)))
    (if (i32.lt_s (local.get $at) (local.get $vectors)) (then
      (local.set $overs (i32x4.splat (local.get $overload)))
      (local.set $smallest (v128.const i32x4 -1 -1 -1 -1))
      (loop $along
        (local.set $counts (v128.load (local.get $at)))
        (local.set $isOver (i32x4.eq (local.get $counts) (local.get $overs)))
        (local.set $seen (i32x4.sub (local.get $seen) (local.get $isOver)))
        (local.set $smallest (i32x4.min_u (local.get $smallest) (v128.or (local.get $counts) (local.get $isOver))))
        (local.set $counts (v128.andnot (local.get $counts) (local.get $isOver)))
        (local.set $largest (i32x4.max_u (local.get $largest) (local.get $counts)))
        (local.set $sums (i64x2.add (local.get $sums) (i64x2.add (i64x2.extend_low_i32x4_u (local.get $counts)) (i64x2.extend_high_i32x4_u (local.get $counts)))))
        (local.set $isOver (f64x2.convert_low_i32x4_u (local.get $counts)))
        (local.set $low (f64x2.add (local.get $low) (f64x2.mul (local.get $isOver) (local.get $isOver))))
        (local.set $isOver (f64x2.convert_low_i32x4_u (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $counts) (local.get $counts))))
        (local.set $high (f64x2.add (local.get $high) (f64x2.mul (local.get $isOver) (local.get $isOver))))
        (br_if $along (i32.lt_s (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $vectors))))
      (local.set $n (i32.sub (local.get $n) (i32.add (i32.add (i32x4.extract_lane 0 (local.get $seen)) (i32x4.extract_lane 1 (local.get $seen))) (i32.add (i32x4.extract_lane 2 (local.get $seen)) (i32x4.extract_lane 3 (local.get $seen))))))
      (local.set $smallest (i32x4.min_u (local.get $smallest) (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $smallest) (local.get $smallest))))
      (local.set $smallest (i32x4.min_u (local.get $smallest) (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (local.get $smallest) (local.get $smallest))))
      (local.set $largest (i32x4.max_u (local.get $largest) (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $largest) (local.get $largest))))
      (local.set $largest (i32x4.max_u (local.get $largest) (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (local.get $largest) (local.get $largest))))
      (local.set $count (i32x4.extract_lane 0 (local.get $smallest)))
      (local.set $least (select (local.get $count) (local.get $least) (i32.lt_u (local.get $count) (local.get $least))))
      (local.set $count (i32x4.extract_lane 0 (local.get $largest)))
      (local.set $most (select (local.get $count) (local.get $most) (i32.gt_u (local.get $count) (local.get $most))))
      (local.set $sum (f64.convert_i64_u (i64.add (i64x2.extract_lane 0 (local.get $sums)) (i64x2.extract_lane 1 (local.get $sums)))))
      (local.set $low (f64x2.add (local.get $low) (local.get $high)))
      (local.set $squares (f64.add (f64x2.extract_lane 0 (local.get $low)) (f64x2.extract_lane 1 (local.get $low))))))
    (if (i32.lt_u (local.get $at) (local.get $end)) (then
      (loop $rest
        (if (i32.eq (local.tee $count (i32.load (local.get $at))) (local.get $overload))
          (then (local.set $n (i32.sub (local.get $n) (i32.const 1))))
          (else
            (local.set $value (f64.convert_i32_u (local.get $count)))
            (local.set $sum (f64.add (local.get $sum) (local.get $value)))
            (local.set $squares (f64.add (local.get $squares) (f64.mul (local.get $value) (local.get $value))))
            (local.set $least (select (local.get $count) (local.get $least) (i32.lt_u (local.get $count) (local.get $least))))
            (local.set $most (select (local.get $count) (local.get $most) (i32.gt_u (local.get $count) (local.get $most))))))
        (br_if $rest (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $end))))))
    (f64.store (local.get $totals) (f64.add (f64.load (local.get $totals)) (f64.convert_i32_u (local.get $n))))
    (f64.store offset=8 (local.get $totals) (f64.add (f64.load offset=8 (local.get $totals)) (local.get $sum)))
    (f64.store offset=16 (local.get $totals) (f64.add (f64.load offset=16 (local.get $totals)) (local.get $squares)))
    (i32.store offset=24 (local.get $totals) (local.get $least))
    (i32.store offset=28 (local.get $totals) (local.get $most)))

  ;; How many counts of 32 bits, from $at to $end, are above $level.
  (func (export "countAbove") (param $at i32) (param $end i32) (param $level i32) (result i32)
    (local $vectors i32) (local $above i32) (local $levels v128) (local $found v128)
    (local.set $vectors (i32.sub (local.get $end) (i32.const 15)))
    (local.set $levels (i32x4.splat (local.get $level)))
    (if (i32.lt_s (local.get $at) (local.get $vectors)) (then
      (loop $along
        (local.set $found (i32x4.sub (local.get $found) (i32x4.gt_u (v128.load (local.get $at)) (local.get $levels))))
        (br_if $along (i32.lt_s (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $vectors))))
      (local.set $above (i32.add (i32.add (i32x4.extract_lane 0 (local.get $found)) (i32x4.extract_lane 1 (local.get $found))) (i32.add (i32x4.extract_lane 2 (local.get $found)) (i32x4.extract_lane 3 (local.get $found)))))))
    (if (i32.lt_u (local.get $at) (local.get $end)) (then
      (loop $rest
        (local.set $above (i32.add (local.get $above) (i32.gt_u (i32.load (local.get $at)) (local.get $level))))
        (br_if $rest (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $end))))))
    (local.get $above))

  ;; Writes the colour of each count of 32 bits, from $at to $end: $channels bytes, 1 or 3, of the four that a table has for it, and that of $last for those above. Up to 3 bytes more are written.
  (func (export "colours") (param $at i32) (param $end i32) (param $table i32) (param $last i32) (param $channels i32) (param $out i32)
    (local $count i32)
    (if (i32.lt_u (local.get $at) (local.get $end)) (then
      (loop $each
        (local.set $count (i32.load (local.get $at)))
        (local.set $count (select (local.get $count) (local.get $last) (i32.lt_u (local.get $count) (local.get $last))))
        (i32.store (local.get $out) (i32.load (i32.add (local.get $table) (i32.shl (local.get $count) (i32.const 2)))))
        (local.set $out (i32.add (local.get $out) (local.get $channels)))
        (br_if $each (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $end)))))))
)
