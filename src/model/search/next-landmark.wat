;; The search of find-landmarks.ts, sixteen bytes at a time, and four times that where nothing looks like a place. What the inner
;; loop does stands there in full: V8 calls the functions of a module, however short they are. `npm run assemble` makes next-landmark-code.ts of it.
(module
  ;; What is searched lies in it. Up to 66 bytes behind `end` are read, and mean nothing.
  (import "room" "memory" (memory 1))

  ;; The first place from `from` on and before `end` where "/pkgs_" begins, or the "-" behind 32 digits of one digest, which
  ;; begin at `start` or later; -1 if there is none. `from` must be `start` or lie directly behind such a place.
  (func (export "nextLandmark") (param $start i32) (param $from i32) (param $end i32) (result i32)
    (local $at i32) (local $bits i32) (local $place i32) (local $block v128)
    (local $one v128) (local $two v128) (local $three v128) (local $four v128)
    (local.set $at (local.get $from))
    (block $none
      (loop $blocks
        ;; Four blocks at once in which no "/" is followed by any byte and a "k", and none of which is all "0" to "z", as digits
        ;; are and little else: compared as signed numbers, which takes one instruction less.
        (block $near
          (loop $far
            (br_if $none (i32.ge_u (local.get $at) (local.get $end)))
            (local.set $one (v128.load (local.get $at)))
            (local.set $two (v128.load offset=16 (local.get $at)))
            (local.set $three (v128.load offset=32 (local.get $at)))
            (local.set $four (v128.load offset=48 (local.get $at)))
            (br_if $near
              (v128.any_true
                (v128.or
                  (v128.or
                    (v128.and
                      (i8x16.eq (local.get $one) (i8x16.splat (i32.const 0x2f)))
                      (i8x16.eq (v128.load offset=2 (local.get $at)) (i8x16.splat (i32.const 0x6b))))
                    (v128.and
                      (i8x16.eq (local.get $two) (i8x16.splat (i32.const 0x2f)))
                      (i8x16.eq (v128.load offset=18 (local.get $at)) (i8x16.splat (i32.const 0x6b)))))
                  (v128.or
                    (v128.and
                      (i8x16.eq (local.get $three) (i8x16.splat (i32.const 0x2f)))
                      (i8x16.eq (v128.load offset=34 (local.get $at)) (i8x16.splat (i32.const 0x6b))))
                    (v128.and
                      (i8x16.eq (local.get $four) (i8x16.splat (i32.const 0x2f)))
                      (i8x16.eq (v128.load offset=50 (local.get $at)) (i8x16.splat (i32.const 0x6b))))))))
            (br_if $near
              (i32.eq
                (i8x16.bitmask
                  (i8x16.lt_s (i8x16.add (local.get $one) (i8x16.splat (i32.const 0x50))) (i8x16.splat (i32.const -53))))
                (i32.const 0xffff)))
            (br_if $near
              (i32.eq
                (i8x16.bitmask
                  (i8x16.lt_s (i8x16.add (local.get $two) (i8x16.splat (i32.const 0x50))) (i8x16.splat (i32.const -53))))
                (i32.const 0xffff)))
            (br_if $near
              (i32.eq
                (i8x16.bitmask
                  (i8x16.lt_s (i8x16.add (local.get $three) (i8x16.splat (i32.const 0x50))) (i8x16.splat (i32.const -53))))
                (i32.const 0xffff)))
            (br_if $near
              (i32.eq
                (i8x16.bitmask
                  (i8x16.lt_s (i8x16.add (local.get $four) (i8x16.splat (i32.const 0x50))) (i8x16.splat (i32.const -53))))
                (i32.const 0xffff)))
            (local.set $at (i32.add (local.get $at) (i32.const 64)))
            (br $far)))
        (local.set $block (v128.load (local.get $at)))

        ;; Where "/" is followed by any byte and a "k".
        (local.set $bits
          (i8x16.bitmask
            (v128.and
              (i8x16.eq (local.get $block) (i8x16.splat (i32.const 0x2f)))
              (i8x16.eq (v128.load offset=2 (local.get $at)) (i8x16.splat (i32.const 0x6b))))))
        (if (local.get $bits)
          (then
            (loop $slashes
              (local.set $place (i32.add (local.get $at) (i32.ctz (local.get $bits))))
              (if
                (i32.and
                  (i32.le_u (i32.add (local.get $place) (i32.const 6)) (local.get $end))
                  (i32.and
                    (i32.eq (i32.load offset=1 align=1 (local.get $place)) (i32.const 0x73676b70)) ;; "pkgs"
                    (i32.eq (i32.load8_u offset=5 (local.get $place)) (i32.const 0x5f))))
                (then (return (local.get $place))))
              (local.set $bits (i32.and (local.get $bits) (i32.sub (local.get $bits) (i32.const 1))))
              (br_if $slashes (local.get $bits)))))

        ;; Of 32 digits in a row one block consists, wherever the blocks begin. "0" to "7" stand for the digits of the zero
        ;; name as well: what is more than a digest has is sorted out below.
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br_if $blocks
          (i32.eqz
            (i8x16.all_true
              (v128.or
                (i8x16.lt_u (i8x16.sub (local.get $block) (i8x16.splat (i32.const 0x61))) (i8x16.splat (i32.const 26)))
                (i8x16.lt_u (i8x16.sub (local.get $block) (i8x16.splat (i32.const 0x30))) (i8x16.splat (i32.const 8)))))))

        ;; The run ends at the first byte that is none of them.
        (block $ended
          (loop $run
            (br_if $none (i32.ge_u (local.get $at) (local.get $end)))
            (local.set $bits (i32.load8_u (local.get $at)))
            (br_if $ended
              (i32.eqz
                (i32.or
                  (i32.lt_u (i32.sub (local.get $bits) (i32.const 0x61)) (i32.const 26))
                  (i32.lt_u (i32.sub (local.get $bits) (i32.const 0x30)) (i32.const 8)))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $run)))
        (br_if $blocks (i32.ne (local.get $bits) (i32.const 0x2d)))
        (br_if $blocks (i32.lt_u (i32.sub (local.get $at) (local.get $start)) (i32.const 32)))
        (br_if $blocks (i32.eqz (call $isDigest (i32.sub (local.get $at) (i32.const 32)))))
        (return (local.get $at))))
    (i32.const -1))

  ;; Whether 32 bytes are all of base32, or all "0".
  (func $isDigest (param $at i32) (result i32)
    (local $one v128) (local $other v128)
    (local.set $one (v128.load (local.get $at)))
    (local.set $other (v128.load offset=16 (local.get $at)))
    (i32.or
      (i32.and
        (i8x16.all_true (call $base32 (local.get $one)))
        (i8x16.all_true (call $base32 (local.get $other))))
      (i8x16.all_true
        (v128.and
          (i8x16.eq (local.get $one) (i8x16.splat (i32.const 0x30)))
          (i8x16.eq (local.get $other) (i8x16.splat (i32.const 0x30)))))))

  ;; Which bytes are "a" to "z" or "2" to "7".
  (func $base32 (param $block v128) (result v128)
    (v128.or
      (i8x16.lt_u (i8x16.sub (local.get $block) (i8x16.splat (i32.const 0x61))) (i8x16.splat (i32.const 26)))
      (i8x16.lt_u (i8x16.sub (local.get $block) (i8x16.splat (i32.const 0x32))) (i8x16.splat (i32.const 6)))))
)
