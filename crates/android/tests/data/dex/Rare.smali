# Instructions and tables that compilers rarely write. Assembled with smali 2.5.2 at API level 30:
#   smali assemble --api 30 Rare.smali -o Rare.dex
.class public LRare;
.super Ljava/lang/Object;
.source "Rare.java"

.field static counter:I
.field static final LIMIT:J = 0x123456789L
.field static final NAME:Ljava/lang/String; = "a\u0000\ud83d\ude00"

.method public static bootstrap(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/invoke/MethodType;)Ljava/lang/invoke/CallSite;
    .registers 3
    const/4 v0, 0x0
    return-object v0
.end method

.method public static dynamic(Ljava/lang/invoke/MethodHandle;IJ)V
    .registers 20
    invoke-custom {}, site_a("alpha", ()V)@LRare;->bootstrap(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/invoke/MethodType;)Ljava/lang/invoke/CallSite;
    invoke-custom/range {v17 .. v19}, site_b("beta", (IJ)V, 7, "text")@LRare;->bootstrap(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/invoke/MethodType;)Ljava/lang/invoke/CallSite;
    move-object/16 v0, v16
    move/from16 v1, v17
    invoke-polymorphic {v0, v1}, Ljava/lang/invoke/MethodHandle;->invoke([Ljava/lang/Object;)Ljava/lang/Object;, (I)V
    invoke-polymorphic/range {v16 .. v19}, Ljava/lang/invoke/MethodHandle;->invokeExact([Ljava/lang/Object;)Ljava/lang/Object;, (IJ)V
    const-method-handle v2, invoke-static@LRare;->bootstrap(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/invoke/MethodType;)Ljava/lang/invoke/CallSite;
    const-method-handle v3, static-get@LRare;->counter:I
    const-method-type v4, (IJ)V
    return-void
.end method

.method public static wide(JD)J
    .registers 300
    move-wide/16 v256, v296
    move-wide/from16 v2, v296
    move/16 v260, v296
    const v0, -0x2
    const-wide v4, -0x123456789abcdefL
    const-wide/32 v6, -0x80000000
    const-wide/16 v8, -0x8000
    const-wide/high16 v10, 0x4000000000000000L
    const/high16 v12, -0x80000000
    const/16 v13, -0x1
    const/4 v14, -0x8
    const-string/jumbo v15, "jumbo"
    add-int/lit16 v0, v0, -0x8000
    add-int/lit8 v0, v0, -0x80
    rsub-int v0, v0, 0x7fff
    goto/32 :far
    :near
    nop
    goto/16 :end
    :far
    goto :near
    :end
    return-wide v2
.end method

.method public static arrays(I)V
    .registers 8
    filled-new-array {p0, p0}, [I
    move-result-object v0
    filled-new-array/range {v5 .. v7}, [I
    move-result-object v1
    const/4 v2, 0x4
    new-array v3, v2, [B
    fill-array-data v3, :bytes
    new-array v4, v2, [J
    fill-array-data v4, :longs
    packed-switch p0, :packed
    sparse-switch p0, :sparse
    :a
    return-void
    :b
    return-void
    :packed
    .packed-switch -0x1
        :a
        :b
    .end packed-switch
    :sparse
    .sparse-switch
        -0x7fffffff -> :a
        0x7fffffff -> :b
    .end sparse-switch
    :bytes
    .array-data 1
        0x1t
        -0x1t
        0x7ft
    .end array-data
    :longs
    .array-data 8
        0x1
        -0x123456789abcdefL
    .end array-data
.end method

.method public static tries(Ljava/lang/String;)I
    .registers 3
    :s1
    invoke-static {p0}, Ljava/lang/Integer;->parseInt(Ljava/lang/String;)I
    move-result v0
    :e1
    .catch Ljava/lang/NumberFormatException; {:s1 .. :e1} :number
    .catchall {:s1 .. :e1} :all
    return v0
    :number
    .line 70
    move-exception v1
    const/4 v0, 0x1
    return v0
    :all
    .line 3
    move-exception v1
    throw v1
.end method
