;; The loops over pixels that are worth SIMD, in WebAssembly's text format (https://webassembly.github.io/spec/core/): planes of bits become counts, rows become their
;; maxima, and columns those of boxes. simd.wasm is made of this file by `npm run build:simd`; simd.ts says what lies where in memory. Nothing here is checked:
;; whoever calls keeps to the memory that there is, or WebAssembly traps.
(module
  (memory (export "memory") 2)

  ;; Joins planes of bits to counts: bit b of count i is bit i % 8 of byte i / 8 of row b. Rows are $row bytes long, a multiple of 16; there are 8 for each of the $size bytes of
  ;; a count (1, 2 or 4). $turned is room for as many bytes as there are counts.
  (func (export "joinPlanes") (param $planes i32) (param $row i32) (param $size i32) (param $turned i32) (param $out i32)
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

  ;; Finds the maximum of the columns from start to end of each box of a line, and whether it is $overload. A box without columns is 0.
  (func (export "boxMaxima") (param $line i32) (param $starts i32) (param $ends i32) (param $boxes i32) (param $overload i32) (param $maxima i32) (param $overloaded i32)
    (local $box i32) (local $at i32) (local $end i32) (local $count i32) (local $most i32)
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
      (i32.store8 (i32.add (local.get $overloaded) (local.get $box)) (i32.eq (local.get $most) (local.get $overload)))
      (br_if $each (i32.lt_u (local.tee $box (i32.add (local.get $box) (i32.const 1))) (local.get $boxes))))))
